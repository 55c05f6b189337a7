import { type Child, words } from "./dom";

const MARKUP = /[*_`#[|>:]|^ *[-\d]/m;

// What the bot says first. Most often it has no markup: then nothing more is loaded for it.
export function showOpening(
  box: HTMLElement,
  greeting: string,
  offers: Child[],
  showMarkup: (text: HTMLElement) => void,
): void {
  const text = words("div", "text", greeting);
  box.replaceChildren(text, ...offers);
  if (MARKUP.test(greeting)) showMarkup(text);
}
