import type { Events } from "./wire";

const LONGEST_MS = 10_000;

// Somebody writes: it ends by itself, for the word that it has ended may never come.
export function createTyping(changed: () => void) {
  let timer = 0;

  function set(ms: number): void {
    clearTimeout(timer);
    timer = ms > 0 ? setTimeout(end, Math.min(ms, LONGEST_MS)) : 0;
    changed();
  }

  function end(): void {
    set(0);
  }

  return {
    end,
    isOn: () => timer !== 0,
    hear({ on, until }: Events["typing"]): void {
      set(on ? (until ? until * 1000 - Date.now() : LONGEST_MS) : 0);
    },
  };
}
