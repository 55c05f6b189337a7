// Forms: the one before the first question, and those that a bot asks with.
import { button, h, words } from "./dom";
import { type FieldView, fieldView } from "./fields";
import css from "./form.css";
import { formTexts } from "./form-texts";
import { sheetOf } from "./host";
import type { Kit } from "./kit";
import type { Field, Form } from "./wire";

export interface FormOptions {
  title?: string;
  fields: readonly Field[];
  // Buttons that fill it in; without any there is one to send it.
  actions?: readonly { value: string; label: string }[];
  done(values: Record<string, string>, pressed?: string): void;
}

const styled = new WeakSet<ShadowRoot>();

function style(root: ShadowRoot): void {
  if (!styled.has(root)) root.adoptedStyleSheets.push(sheetOf(css));
  styled.add(root);
}

export function createForm(kit: Kit, { title, fields, actions, done }: FormOptions): HTMLElement {
  const texts = kit.glossary.add(formTexts);
  const views = fields.map((field) => fieldView(field, texts));
  const buttons = actions?.length ? actions : [{ value: "", label: texts.submit }];
  style(kit.root);

  function press(value: string): void {
    const wrong = views.filter((view) => !view.check());
    if (wrong[0]) return wrong[0].focus();
    const values = Object.fromEntries(views.map(({ name, value: read }) => [name, read()]));
    done(values, value || undefined);
  }

  const element = h("form", "form", [
    ...(title ? [words("p", "title", title)] : []),
    ...views.map((view) => view.element),
    h(
      "div",
      "chips",
      buttons.map(({ value, label }, at) =>
        button("submit", at ? "chip" : "chip accent", label, () => press(value)),
      ),
    ),
  ]);
  element.noValidate = true;
  element.addEventListener("submit", (event) => event.preventDefault());
  element.addEventListener("keydown", (event) => {
    const isField = event.target instanceof HTMLInputElement;
    if (event.key === "Enter" && isField && !event.isComposing) press(buttons[0]!.value);
  });
  problems.set(element, (name, message) => told(views, name, message));
  return element;
}

const problems = new WeakMap<HTMLElement, (name: string, message: string) => boolean>();

function told(views: readonly FieldView[], name: string, message: string): boolean {
  const view = views.find((each) => each.name === name);
  view?.tell(message);
  view?.focus();
  return view !== undefined;
}

const shown = new WeakMap<Kit, { form?: Form; element?: HTMLElement }>();

// Shows the session's form instead of the composer, until it is answered.
export function askFirst(kit: Kit): void {
  const { form } = kit.info()!;
  const before = shown.get(kit);
  if (form && JSON.stringify(form) === JSON.stringify(before?.form)) return;
  before?.element?.remove();
  shown.set(kit, { form });
  if (!form) return;
  const element = createForm(kit, { ...form, done: (inputs) => void answer(inputs) });

  async function answer(inputs: Record<string, string>): Promise<void> {
    const { ask } = kit.session;
    try {
      await kit.session.reopen({ inputs, conversation: ask.conversation });
      kit.composer.field.focus();
    } catch (error) {
      const { field = "", message } = error as Error & { field?: string };
      ask.inputs = undefined;
      if (!problems.get(element)!(field, message)) kit.tell(message);
    }
  }

  shown.set(kit, { form, element });
  kit.log.firstElementChild!.append(element);
}
