import type { Answer } from "./conversation";
import { copyButton } from "./copy";
import { button, h, iconButton } from "./dom";
import type { Kit } from "./kit";
import type { MoreTexts } from "./more-texts";

const UP = "M7 11l4-8c2 0 3 1 2.500 4L13 9h6l-1.500 11H7zM7 11H3v9h4";
const DOWN = "M17 13l-4 8c-2 0-3-1-2.500-4l.5-2H5L6.500 4H17zM17 13h4V4h-4";
const AGAIN = "M4 12a8 8 0 1 1 2.500 5.700M4 12V6M4 12h6";

type Rating = "like" | "dislike" | "none";

// What can be done with an answer: a row below it.
export function createActions(kit: Kit, texts: MoreTexts) {
  const rows = new WeakMap<HTMLElement, (answer: Answer, isLast: boolean) => void>();

  function labelled(action: keyof MoreTexts, path: string, onClick: () => void) {
    const element = iconButton(action, "small", path, onClick);
    element.title = texts[action];
    return element;
  }

  // A command that fails is said; nothing else is lost by it.
  async function command(name: string, body: object): Promise<boolean> {
    try {
      await kit.session.command(name, body);
      return true;
    } catch (error) {
      kit.tell((error as Error).message);
      return false;
    }
  }

  function commentForm(send: (comment: string) => void, close: () => void): HTMLElement {
    const field = h("textarea", "", [], { rows: "2", maxlength: "1000", dir: "auto" });
    field.placeholder = field.ariaLabel = texts.comment;
    const submit = () => {
      if (field.value.trim()) send(field.value.trim());
      close();
    };
    const buttons = h("div", "chips", [
      button("sendComment", "chip", texts.sendComment, submit),
      button("skip", "chip", texts.skip, close),
    ]);
    return h("div", "comment", [field, buttons]);
  }

  function ratings(turn: string, row: HTMLElement): HTMLElement[] {
    const likes = labelled("like", UP, () => rate("like"));
    const dislikes = labelled("dislike", DOWN, () => rate("dislike"));
    let rating: Rating = "none";
    let form: HTMLElement | undefined;

    function show(): void {
      likes.ariaPressed = String(rating === "like");
      dislikes.ariaPressed = String(rating === "dislike");
    }

    function closeForm(): void {
      form?.remove();
      form = undefined;
      (rating === "like" ? likes : dislikes).focus();
    }

    function openForm(): void {
      form = commentForm((comment) => void say(comment), closeForm);
      row.after(form);
      form.querySelector("textarea")!.focus({ preventScroll: true });
      form.scrollIntoView({ block: "nearest" });
    }

    async function say(comment: string): Promise<void> {
      if (await command("feedback", { turn, rating, comment })) kit.announce(texts.thanks);
    }

    async function rate(wanted: Rating): Promise<void> {
      const before = rating;
      rating = rating === wanted ? "none" : wanted;
      form?.remove();
      show();
      if (await command("feedback", { turn, rating })) {
        if (rating !== "none") openForm();
      } else {
        rating = before;
        show();
      }
    }

    show();
    return [likes, dislikes];
  }

  function createRow(element: HTMLElement, { id, at }: Answer) {
    const { feedback, regenerate } = kit.info()?.features ?? {};
    const row = h("div", "actions");
    let latest = "";
    const again = labelled("regenerate", AGAIN, () => void command("regenerate", { turn: id }));
    const copying = copyButton(() => latest, texts, kit);
    row.append(copying, ...(feedback ? ratings(id, row) : []), again);
    if (at) row.append(timeOf(at));
    element.append(row);
    return ({ text }: Answer, isLast: boolean) => {
      latest = text;
      copying.hidden = !text;
      again.hidden = !regenerate || !isLast;
    };
  }

  function timeOf(at: number): HTMLElement {
    const date = new Date(at * 1000);
    const text = new Intl.DateTimeFormat(kit.lang(), { timeStyle: "short" }).format(date);
    return h("time", "", [text], { datetime: date.toISOString() });
  }

  return (answer: Answer, element: HTMLElement, isLast: boolean) => {
    const show = rows.get(element) ?? createRow(element, answer);
    rows.set(element, show);
    show(answer, isLast);
  };
}
