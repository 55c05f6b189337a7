export type Mode = "bubble" | "inline" | "full" | "frame";

// What the attributes of the script tag say, by their names without `data-`.
export interface Options {
  key: string;
  // Where the gateway is, with a slash at the end.
  api: string;
  mode: Mode;
  lang: string;
  dir?: string;
  theme?: string;
  accent?: string;
  side?: string;
  // The host page's own title goes before the site's.
  title?: string;
  // Selects the element that the inline mode fills.
  target?: string;
  // Words that go before the widget's own; of the tag, the address of a JSON file of them.
  texts?: string | Record<string, string>;
  open?: unknown;
  // What is said unasked is asked for before the widget is opened.
  proactive?: unknown;
  // "wait": nothing is kept in the browser before the person opens the widget.
  consent?: string;
}

// An attribute counts when it is there, unless it says "false".
export function isOn(value: unknown): boolean {
  return String(value ?? false) !== "false";
}

// The script lies in `…/widget/`, the protocol beside it: a gateway may live below a path.
export function completed(given: Partial<Options>, script: string): Options {
  const { api, lang = "auto", target } = given;
  const base = api ? api.replace(/\/*$/, "/") : new URL("..", script);
  const options: Partial<Options> = {
    mode: target ? "inline" : "bubble",
    ...given,
    api: new URL(base, location.href).href,
    lang: lang === "auto" ? document.documentElement.lang || navigator.language : lang,
  };
  return options as Options;
}
