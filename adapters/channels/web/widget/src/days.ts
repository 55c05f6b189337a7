import { h } from "./dom";

function dayOf(seconds: number): number {
  return new Date(seconds * 1000).setHours(0, 0, 0, 0);
}

// A line above the first message of a day; today's has none until another day stands before it.
export function createDays(lang: () => string) {
  const DAY_MS = 86_400_000;

  function nameOf(day: number): string {
    const ago = Math.round((dayOf(Date.now() / 1000) - day) / DAY_MS);
    if (ago < 2) return new Intl.RelativeTimeFormat(lang(), { numeric: "auto" }).format(-ago, "day");
    return new Intl.DateTimeFormat(lang(), { dateStyle: "long" }).format(day);
  }

  return (element: HTMLElement, at?: number, before?: number) => {
    const day = at && dayOf(at);
    const known = before ? dayOf(before) : dayOf(Date.now() / 1000);
    const text = day && day !== known ? nameOf(day) : "";
    const shown = element.querySelector(":scope > .day");
    if (text === (shown?.textContent ?? "")) return;
    shown?.remove();
    if (text) element.prepend(h("p", "day", [text]));
  };
}
