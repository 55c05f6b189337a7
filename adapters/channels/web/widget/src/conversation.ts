import type { Choices, Ended, Events, FileLink, Past, Source, Step } from "./wire";

// What the person said.
export interface Said {
  readonly kind: "user";
  readonly id: string;
  readonly text: string;
  readonly state: "sending" | "failed" | "done";
  readonly turn?: string;
  // Who said it where; nothing while that was not known.
  readonly place?: string;
  // Why it is not sent, in the person's language.
  readonly note?: string;
  readonly files?: readonly FileLink[];
  // In seconds since the epoch.
  readonly at?: number;
}

export interface Answer {
  readonly kind: "bot";
  // The turn it answers.
  readonly id: string;
  readonly text: string;
  readonly state: "streaming" | "done" | "failed" | "stopped";
  readonly status?: string;
  // All that it has done so far.
  readonly steps?: readonly Step[];
  readonly at?: number;
  readonly notices: readonly string[];
  readonly sources?: readonly Source[];
  readonly suggestions?: readonly string[];
  readonly choices?: Choices;
  readonly files?: readonly FileLink[];
}

export type Entry = Said | Answer;

export interface Conversation {
  readonly entries: readonly Entry[];
  // The entry after which, as the gateway has said, nothing is about to come.
  readonly restsAfter?: Entry;
}

const STEPS = 50;

export const EMPTY: Conversation = { entries: [] };

function blankAnswer(id: string): Answer {
  return { kind: "bot", id, text: "", state: "streaming", notices: [] };
}

function finished(answer: Answer, end: Ended): Answer {
  return { ...answer, notices: [], ...end, status: undefined };
}

function remembered(past: Past): Entry {
  return past.kind === "bot"
    ? finished(blankAnswer(past.turn), past)
    : { ...past, state: "done" };
}

function indexOf({ entries }: Conversation, kind: Entry["kind"], id: string): number {
  return entries.findIndex((entry) => entry.kind === kind && entry.id === id);
}

function withEntry(conversation: Conversation, at: number, entry: Entry): Conversation {
  const entries = [...conversation.entries];
  entries[at < 0 ? entries.length : at] = entry;
  return { ...conversation, entries };
}

export function changeSaid(
  conversation: Conversation,
  id: string,
  change: Partial<Said>,
): Conversation {
  const at = indexOf(conversation, "user", id);
  const said = conversation.entries[at] as Said | undefined;
  // Of what has arrived only the turn may still become known.
  const isOpen = said && (said.state !== "done" || change.turn);
  return isOpen ? withEntry(conversation, at, { ...said, ...change }) : conversation;
}

function changeAnswer(
  conversation: Conversation,
  turn: string,
  change: (answer: Answer) => Answer,
): Conversation {
  const at = indexOf(conversation, "bot", turn);
  const answer = (conversation.entries[at] as Answer | undefined) ?? blankAnswer(turn);
  return withEntry(conversation, at, change(answer));
}

function hear(conversation: Conversation, message: Events["user"], turn?: string): Conversation {
  const at = indexOf(conversation, "user", message.id);
  turn ??= (conversation.entries[at] as Said | undefined)?.turn;
  return withEntry(conversation, at, { kind: "user", ...message, turn, state: "done" });
}

// The answer belongs below what it answers, above what was said since.
function begin(conversation: Conversation, { turn, messages }: Events["start"]): Conversation {
  for (const message of messages) conversation = hear(conversation, message, turn);
  const at = indexOf(conversation, "bot", turn);
  if (at >= 0) return withEntry(conversation, at, blankAnswer(turn));
  const entries = [...conversation.entries];
  const asked = entries.findLastIndex((entry) => entry.kind === "user" && entry.turn === turn);
  entries.splice(asked < 0 ? entries.length : asked + 1, 0, blankAnswer(turn));
  return { ...conversation, entries };
}

type Changes = {
  [Name in keyof Events]?: (answer: Answer, data: Events[Name]) => Partial<Answer>;
};

// What an event makes of the running answer.
const changes: Changes = {
  // Where a piece was missed, all that follows is further on: it waits for the end.
  delta: ({ text }, { o, t }) =>
    o > text.length ? {} : { text: text.slice(0, o) + t, status: undefined },
  replace: (_, { text }) => ({ text, status: undefined }),
  status: ({ steps = [] }, { kind, text }) => ({
    status: text,
    // A bot that never rests must not fill the memory.
    steps: [...steps, { kind, text }].slice(-STEPS),
  }),
  notice: ({ notices }, { text }) => ({ notices: [...notices, text] }),
  sources: (_, { items }) => ({ sources: items }),
  suggestions: (_, { items }) => ({ suggestions: items }),
  choices: (_, choices) => ({ choices }),
  file: ({ files = [] }, file) => ({ files: [...files, file] }),
};

export function fold(conversation: Conversation, name: string, data: unknown): Conversation {
  if (name === "start") return begin(conversation, data as Events["start"]);
  if (name === "user") return hear(conversation, data as Events["user"]);
  const change = Object.hasOwn(changes, name) && changes[name as keyof Changes];
  if (!change && name !== "end") return conversation;
  return changeAnswer(conversation, (data as Ended).turn, (answer) => {
    if (!change) return finished(answer, data as Ended);
    // What comes after the end is late.
    const isRunning = answer.state === "streaming";
    return isRunning ? { ...answer, ...change(answer, data as never) } : answer;
  });
}

// A new beginning from the gateway's history. What has not reached the gateway yet is kept; what
// somebody else has not sent yet is not this person's.
export function restore(
  conversation: Conversation,
  history: readonly Past[],
  isWaiting: boolean,
  now = "",
): Conversation {
  const known = { entries: history.map(remembered) };
  const unsent = (conversation.entries as Said[])
    .filter(
      ({ kind, id, state, place = "" }) =>
        kind === "user" &&
        state !== "done" &&
        indexOf(known, "user", id) < 0 &&
        (!place || place === now),
    )
    .map((said) => ({ ...said, place: now }));
  const restsAfter = isWaiting ? undefined : known.entries.at(-1);
  return { entries: [...known.entries, ...unsent], restsAfter };
}

export function say(
  conversation: Conversation,
  id: string,
  text: string,
  files?: readonly FileLink[],
  place?: string,
): Conversation {
  const said: Said = { kind: "user", id, text, files, place, at: Date.now() / 1000, state: "sending" };
  return withEntry(conversation, indexOf(conversation, "user", id), said);
}

export function rest(conversation: Conversation): Conversation {
  return { ...conversation, restsAfter: conversation.entries.at(-1) };
}

export function isStreaming({ entries }: Conversation): boolean {
  return entries.some(({ state }) => state === "streaming");
}

// The last word is the person's. A command is obeyed, not answered.
export function isWaiting({ entries, restsAfter }: Conversation): boolean {
  const last = entries.at(-1);
  if (!last || last === restsAfter || last.kind === "bot") return false;
  return last.state !== "failed" && !last.note && last.text[0] !== "/";
}

// What the person asked in this turn.
export function askedIn({ entries }: Conversation, turn: string): string {
  return entries
    .filter((entry) => entry.kind === "user" && entry.turn === turn)
    .map(({ text }) => text)
    .join("\n\n");
}
