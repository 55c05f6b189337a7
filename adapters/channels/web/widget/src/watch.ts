// What there is to see while the widget is closed: how many answers are unread, and what is said
// unasked.
import { createGreeter } from "./greet";
import { sheetOf } from "./host";
import { isOn } from "./options";
import { keep, recall } from "./storage";
import { inLanguage } from "./texts";
import { createTheme } from "./theme";
import css from "./watch.css";
import { type Core, EVENT } from "./widget";
import type { Ended, SessionInfo } from "./wire";

export type Watch = typeof watch;

const WORDS = {
  en: { unseen: "unread", dismiss: "Dismiss" },
  vi: { unseen: "tin chưa đọc", dismiss: "Bỏ qua" },
};
// Who was here that recently is told of what is answered meanwhile.
const RECENT_MS = 86_400_000;
const PAGE_FIRST_MS = 1000;

// Returns what is to be told of each session and each finished answer.
export function watch(core: Core): (info?: SessionInfo, end?: Ended) => void {
  const { root, launcher, options, keptAs } = core;
  const { host } = root;
  const seenName = `${keptAs}:seen`;
  const wear = createTheme(root);
  const greet = createGreeter(core, () => words().dismiss);
  let known: SessionInfo | undefined;
  let unread = 0;
  let newest = last()[1];

  function words(): (typeof WORDS)["en"] {
    return { ...inLanguage(WORDS, options.lang), ...(options.texts as object) };
  }

  function count(now: number): void {
    if (now !== unread) core.emit("unread", now);
    unread = now;
    core.suffix = now ? `, ${now} ${words().unseen}` : "";
    launcher.dataset.unread = `${now || ""}`;
    core.showState();
  }

  // When the person was last here, and when the newest answer was given that has been seen.
  function last(): [here: number, seen: number] {
    const [here, seen] = recall("localStorage", seenName)?.match(/[\d.]+/g) ?? [];
    return [Number(here ?? 0), Number(seen ?? 0)];
  }

  function see(): void {
    count(0);
    keep("localStorage", seenName, `[${Date.now()},${newest}]`);
  }

  function heed(info: SessionInfo): void {
    const answers = info.history.filter(({ kind }) => kind === "bot");
    const [, seen] = last();
    newest = answers.at(-1)?.at ?? newest;
    wear(info.theme);
    if (core.isOpen) see();
    else count(answers.filter(({ at }) => at > seen).length);
    if (info.proactive) greet(info.proactive);
    // Who has not begun to talk is not answered either.
    if (!core.isOpen && !info.history.length) void core.load().then((panel) => panel.close());
  }

  root.adoptedStyleSheets.push(sheetOf(css));
  host.addEventListener(`${EVENT}open`, see);
  // It was read in another tab.
  addEventListener("storage", ({ key }) => {
    if (key === seenName) count(0);
  });

  async function readTexts(address: string): Promise<void> {
    const response = await fetch(new URL(address, document.baseURI));
    core.update({ texts: (await response.json()) as Record<string, string> });
  }

  function begin(): void {
    const { texts, consent, proactive } = options;
    if (typeof texts === "string") readTexts(texts).catch(console.error);
    if (consent === "wait") return;
    if (!recall("localStorage", seenName)) see();
    if (!isOn(proactive) && Date.now() - last()[0] > RECENT_MS) return;
    setTimeout(() => core.load().then((panel) => panel.watch(), () => {}), PAGE_FIRST_MS);
  }

  return (info, end) => {
    if (!info) return begin();
    if (info !== known) heed(info);
    known = info;
    if (!end) return;
    newest = end.at;
    if (core.isOpen) see();
    else count(unread + 1);
  };
}
