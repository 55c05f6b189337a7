import { isRefusal } from "./client";

const FIRST_MS = 500;
const LONGEST_MS = 30_000;
// Slow: after a restart of the gateway nobody waits for much longer than it took.
const GROWTH = 1.2;

// Full jitter: after an outage the clients come back spread out, not all at once.
export function backoff(attempt: number): number {
  return Math.random() * Math.min(LONGEST_MS, FIRST_MS * GROWTH ** attempt);
}

export function secondsText(count: number, lang?: string): string {
  return new Intl.NumberFormat(lang, { style: "unit", unit: "second" }).format(count);
}

export function waitAfter(error: unknown, attempt: number): number {
  return (isRefusal(error) && error.waitMs) || backoff(attempt);
}
