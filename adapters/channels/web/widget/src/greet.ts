// What is said unasked: beside the launcher, once per message and visitor.
import { button, h, icon } from "./dom";
import { keep, recall } from "./storage";
import { type Core, EVENT } from "./widget";
import type { Proactive } from "./wire";

const CROSS = "M6 6l12 12M18 6L6 18";
const REMEMBERED = 100;

// `*` stands for anything; a pattern that begins with a slash is about the path.
export function matches(pattern: string, { origin, pathname }: URL | Location): boolean {
  const escaped = pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replace(/\*+/g, ".*");
  const page = pattern.startsWith("/") ? pathname : origin + pathname;
  return !pattern || new RegExp(`^${escaped}$`).test(page);
}

// Each message is planned once, however often a session says that it is to be shown.
export function createGreeter(core: Core, dismiss: () => string) {
  const { root, keptAs, open, emit } = core;
  const shownName = `${keptAs}:shown`;
  const planned = new Set<string>();
  // It is there before it says something: a screen reader reads what changes.
  const bubble = h("div", "greet", [], { role: "status", part: "greeting" });
  const away = () => bubble.replaceChildren();

  function show({ id, text }: Proactive): void {
    const shown = (recall("localStorage", shownName) ?? "").split(" ");
    if (core.isOpen || !root.host.isConnected || shown.includes(id)) return;
    keep("localStorage", shownName, [...shown, id].slice(-REMEMBERED).join(" ").trim());
    const accept = button("greeting", "", text, open);
    const cross = button("dismiss", "", icon(CROSS), away, { "aria-label": dismiss() });
    bubble.replaceChildren(accept, cross);
    emit("greeting", { id });
  }

  root.append(bubble);
  root.host.addEventListener(`${EVENT}open`, away);
  return (messages: readonly Proactive[]): void => {
    for (const message of messages) {
      const { id, page = "", after } = message;
      if (planned.has(id) || !matches(page, location)) continue;
      planned.add(id);
      setTimeout(show, after * 1000, message);
    }
  };
}
