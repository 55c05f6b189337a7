import { isRefusal } from "./client";

const FIRST_MS = 500;
const LONGEST_MS = 30_000;

// Full jitter: after an outage the clients come back spread out, not all at once.
export function backoff(attempt: number): number {
  return Math.random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt);
}

export function secondsText(count: number, lang?: string): string {
  return new Intl.NumberFormat(lang, { style: "unit", unit: "second" }).format(count);
}

export function waitAfter(error: unknown, attempt: number): number {
  return (isRefusal(error) && error.waitMs) || backoff(attempt);
}
