import type { Answer, Conversation, Entry, Said } from "./conversation";
import { button, type Child, h, words } from "./dom";
import { externalLink, safeHref } from "./links";
import { showMarkdown } from "./markdown";
import type { Texts } from "./texts";
import type { Choices, Source } from "./wire";

// Also what the person presses as a button.
export const NEW_COMMAND = "/new";

export interface MessageContext {
  readonly texts: Texts;
  readonly api: string;
  send(text: string, id?: string): void;
  askAgain(turn: string): void;
}

interface View {
  readonly element: HTMLElement;
  show(entry: Entry, isLast: boolean): void;
}

export function chips(
  values: readonly string[],
  choose: (value: string) => void,
  labels = values,
): HTMLElement {
  const chip = (value: string, at: number) =>
    button("choose", "chip", labels[at]!, () => choose(value));
  return h("div", "chips", values.map(chip));
}

function link(text: string, url: string, base?: string): HTMLElement {
  const href = safeHref(url, base);
  const element = href ? externalLink(href) : h("span");
  element.append(text);
  return element;
}

function choicesOf({ items }: Choices, choose: (value: string) => void): HTMLElement {
  const values = items.map(({ value }) => value);
  return chips(
    values,
    choose,
    items.map(({ label }) => label),
  );
}

function sourceItem({ title, url = "", excerpt = "" }: Source): HTMLElement {
  return words("li", "", link(title || url, url), h("p", "", [excerpt]));
}

function sourceList(sources: readonly Source[], label: string): HTMLElement {
  return h("details", "", [
    h("summary", "", [`${label} (${sources.length})`]),
    h("ol", "", sources.map(sourceItem)),
  ]);
}

function belowSaid({ id, text, state, note }: Said, { texts, send }: MessageContext): Child[] {
  if (state !== "failed") return note ? [note] : [];
  return [note || texts.unsent, button("retry", "chip", texts.retry, () => send(text, id))];
}

function belowAnswer(answer: Answer, isLast: boolean, context: MessageContext): Child[] {
  const { id, state, text, status, notices, choices } = answer;
  const { files = [], sources = [], suggestions = [] } = answer;
  const { texts, api, send, askAgain } = context;
  const found: Child[] = files.map(({ name, url }) => link(name, url, api));
  if (state === "streaming" && (status || !text)) found.push(words("p", "status", status || texts.thinking));
  found.push(...notices.map((notice) => words("p", "notice", notice)));
  if (sources.length) found.push(sourceList(sources, texts.sources));
  if (!isLast) return found;
  if (state === "failed") found.push(button("retry", "chip", texts.retry, () => askAgain(id)));
  if (choices) found.push(words("p", "", choices.prompt), choicesOf(choices, send));
  if (suggestions.length) found.push(chips(suggestions, send));
  return found;
}

function createView({ kind }: Entry, context: MessageContext): View {
  const { texts } = context;
  const text = words("div", kind === "user" ? "text accent" : "text");
  const below = h("div", "below");
  const author = h("span", "sr", [texts[kind]]);
  const element = h("div", kind, [author, text, below], { "data-role": kind });
  let before: Entry;
  let wasLast: boolean;
  let shown = "";

  // While text arrives the rest stays as it is: an opened list of sources is not closed.
  function showBelow(entry: Entry, isLast: boolean): void {
    const key = JSON.stringify([{ ...entry, text: !entry.text }, isLast]);
    if (key === shown) return;
    shown = key;
    const isSaid = entry.kind === "user";
    below.replaceChildren(
      ...(isSaid ? belowSaid(entry, context) : belowAnswer(entry, isLast, context)),
    );
  }

  return {
    element,
    show(entry, isLast) {
      if (entry === before && isLast === wasLast) return;
      before = entry;
      wasLast = isLast;
      const isSaid = entry.kind === "user";
      element.dataset.state = entry.state;
      element.dataset.id = entry.id;
      element.dataset.turn = (isSaid ? entry.turn : entry.id) ?? "";
      if (!isSaid) showMarkdown(text, entry.text);
      else text.textContent = entry.text === NEW_COMMAND ? texts.fresh : entry.text;
      showBelow(entry, isLast);
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
      show(entry, at === entries.length - 1);
    });
    while (parent.children.length > entries.length) parent.lastElementChild!.remove();
  };
}
