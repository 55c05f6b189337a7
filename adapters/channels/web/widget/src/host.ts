import css from "./base.css";
import type { Options } from "./options";
import { directionOf } from "./texts";

export function sheetOf(css: string): CSSStyleSheet {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  return sheet;
}

// The ground that the launcher and the panel stand on.
export function createHost(): ShadowRoot {
  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  host.id = "chat-gateway";
  root.adoptedStyleSheets.push(sheetOf(css));
  return root;
}

// Puts on what the options say now.
export function dress(host: Element, options: Options): void {
  const { accent = "", theme = "", mode, side = "", dir, lang } = options;
  const element = host as HTMLElement;
  Object.assign(element.dataset, { theme, mode, side });
  // The direction is the one thing that `all: initial` leaves to the page.
  element.dir = element.style.direction = dir || directionOf(lang);
  element.style.setProperty("--cg-accent", CSS.supports("color", accent) ? accent : "");
}
