export type Mode = "bubble" | "inline" | "full";

export interface Options {
  key: string;
  api: string;
  lang: string;
  mode: Mode;
  theme: string;
  side: string;
  // The host page's own title goes before the site's.
  title: string;
  accent: string;
  target: string;
  isOpen: boolean;
}

function languageOf(wanted = ""): string {
  if (wanted && wanted !== "auto") return wanted;
  return document.documentElement.lang || navigator.language;
}

function modeOf(data: DOMStringMap): Mode {
  if (data.mode === "full" || data.mode === "inline") return data.mode;
  return data.target ? "inline" : "bubble";
}

// The script lies in `…/widget/`, the protocol beside it: a gateway may live below a path.
export function readOptions(script: HTMLScriptElement): Options {
  const data = script.dataset;
  const api = data.api ? data.api.replace(/\/*$/, "/") : new URL("..", script.src).href;
  return {
    key: data.key ?? "",
    api: new URL(api, location.href).href,
    lang: languageOf(data.lang),
    mode: modeOf(data),
    theme: data.theme ?? "auto",
    side: data.side ?? "",
    title: data.title ?? "",
    accent: data.accent ?? "",
    target: data.target ?? "",
    isOpen: data.open !== undefined && data.open !== "false",
  };
}
