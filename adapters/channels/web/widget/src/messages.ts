import type { Answer, Conversation, Entry, Said } from "./conversation";
import { button, type Child, h, words } from "./dom";
import type { Texts } from "./texts";

// Also what the person presses as a button.
export const NEW_COMMAND = "/new";

// How an answer is shown well: loaded with the first. Until then, its text is plain.
export interface Extras {
  text(parent: HTMLElement, text: string): void;
  // `before` is when the message before was written.
  show(entry: Entry, parts: Parts, isLast: boolean, before?: number): void;
}

export interface Parts {
  readonly element: HTMLElement;
  readonly text: HTMLElement;
  // Between the text and what stands below it.
  readonly beside: HTMLElement;
}

export interface MessageContext {
  readonly texts: Texts;
  extras?: Extras;
  loadExtras(): void;
  send(text: string, id?: string): void;
  retry(said: Said): void;
  askAgain(turn: string): void;
}

interface View {
  readonly element: HTMLElement;
  show(entry: Entry, isLast: boolean, before?: number): void;
}

export function chips(
  values: readonly string[],
  choose: (value: string) => void,
): HTMLElement {
  const chip = (value: string) => button("choose", "chip", value, () => choose(value));
  return h("div", "chips", values.map(chip));
}

function belowSaid(said: Said, { texts, retry }: MessageContext): Child[] {
  const { state, note } = said;
  if (state !== "failed") return note ? [note] : [];
  const problem = h("span", "", [note || texts.unsent], { role: "alert" });
  return [problem, button("retry", "chip", texts.retry, () => retry(said))];
}

function belowAnswer(answer: Answer, isLast: boolean, context: MessageContext): Child[] {
  const { id, state, text, status, notices, suggestions = [] } = answer;
  const { texts, send, askAgain } = context;
  const found: Child[] = [];
  if (state === "streaming" && (status || !text)) {
    found.push(words("p", "status", status || texts.thinking));
  }
  found.push(...notices.map((notice) => words("p", "notice", notice)));
  if (!isLast) return found;
  if (state === "failed") found.push(button("retry", "chip", texts.retry, () => askAgain(id)));
  if (suggestions.length) found.push(chips(suggestions, send));
  return found;
}

function needsExtras({ kind, files }: Entry): boolean {
  return kind === "bot" || !!files?.length;
}

function createView({ kind }: Entry, context: MessageContext): View {
  const { texts } = context;
  const text = words("div", kind === "user" ? "text accent" : "text");
  const beside = h("div", "below beside");
  const below = h("div", "below");
  const author = h("span", "sr", [], { "data-text": kind });
  const element = h("div", kind, [author, text, beside, below], { "data-role": kind, part: kind });
  author.textContent = texts[kind];
  let known: unknown[] = [];
  let shown = "";

  // While text arrives the rest stays as it is: what has been opened is not closed.
  function showBelow(entry: Entry, isLast: boolean): void {
    const { at, steps, ...rest } = entry as Answer;
    const key = JSON.stringify([{ ...rest, text: !entry.text }, isLast]);
    if (key === shown) return;
    shown = key;
    const isSaid = entry.kind === "user";
    below.replaceChildren(
      ...(isSaid ? belowSaid(entry, context) : belowAnswer(entry, isLast, context)),
    );
  }

  function showText({ kind, text: said }: Entry): void {
    if (kind === "bot" && context.extras) context.extras.text(text, said);
    else text.textContent = said === NEW_COMMAND ? texts.new : said;
  }

  return {
    element,
    show(entry, isLast, before) {
      const { extras } = context;
      const now = [entry, isLast, extras, before];
      if (now.every((each, at) => each === known[at])) return;
      const [last, , had] = known as [Entry?, boolean?, Extras?];
      known = now;
      element.dataset.state = entry.state;
      element.dataset.turn = (entry.kind === "user" ? entry.turn : entry.id) ?? "";
      // A text that is shown already keeps what has been added to it.
      if (last?.text !== entry.text || extras !== had) showText(entry);
      showBelow(entry, isLast);
      if (extras) extras.show(entry, { element, text, beside }, isLast, before);
      else if (needsExtras(entry)) context.loadExtras();
    },
  };
}

// Keeps an element showing a conversation; only what has changed is touched.
export function createMessageList(parent: HTMLElement, context: MessageContext) {
  const views = new Map<string, View>();

  function viewOf(entry: Entry): View {
    const key = entry.kind + entry.id;
    const view = views.get(key) ?? createView(entry, context);
    views.set(key, view);
    return view;
  }

  return ({ entries }: Conversation) => {
    entries.forEach((entry, at) => {
      const { element, show } = viewOf(entry);
      const here = parent.children[at] ?? null;
      if (here !== element) parent.insertBefore(element, here);
      show(entry, at === entries.length - 1, entries[at - 1]?.at);
    });
    while (parent.children.length > entries.length) parent.lastElementChild!.remove();
  };
}
