import css from "./base.css";
import type { Options } from "./options";

export function sheetOf(css: string): CSSStyleSheet {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  return sheet;
}

function channel(value: number): number {
  const share = value / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}

// Black or white, whichever stands out more on the colour.
export function textOn(red: number, green: number, blue: number): string {
  const luminance = 0.2126 * channel(red) + 0.7152 * channel(green) + 0.0722 * channel(blue);
  return luminance > 0.179 ? "#000" : "#fff";
}

// The browser itself reads whatever notation the colour is in.
function setAccent(host: HTMLElement, accent: string): void {
  host.style.color = accent;
  const parts = getComputedStyle(host).color.match(/^rgba?\((\d+), (\d+), (\d+)/);
  const isColour = host.style.color !== "";
  host.style.removeProperty("color");
  if (!isColour || !parts) return;
  const [red, green, blue] = parts.slice(1).map(Number) as [number, number, number];
  host.style.setProperty("--cg-accent", accent);
  host.style.setProperty("--cg-on-accent", textOn(red, green, blue));
}

function setTheme(host: HTMLElement, theme: string): void {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const show = () =>
    host.toggleAttribute("data-dark", theme === "dark" || (theme === "auto" && dark.matches));
  dark.addEventListener("change", show);
  show();
}

// The ground that the launcher and the panel stand on.
export function createHost(options: Options, parent: Element): ShadowRoot {
  const { accent, theme, mode, side } = options;
  const host = document.createElement("div");
  host.id = "chat-gateway";
  Object.assign(host.dataset, { mode, side });
  parent.append(host);
  if (accent) setAccent(host, accent);
  setTheme(host, theme);
  const root = host.attachShadow({ mode: "open" });
  root.adoptedStyleSheets.push(sheetOf(css));
  return root;
}
