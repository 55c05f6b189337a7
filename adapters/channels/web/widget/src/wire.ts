// The shapes of the wire protocol, version 1: see docs/widget-protocol.md.

export interface Source {
  title: string;
  url?: string;
  excerpt?: string;
}

export type FieldKind =
  | "text"
  | "paragraph"
  | "number"
  | "select"
  | "checkbox"
  | "email"
  | "tel"
  | "url";

export interface Field {
  name: string;
  label: string;
  kind: FieldKind;
  required: boolean;
  options?: string[];
  value?: string;
  max?: number;
}

export interface Form {
  title: string;
  fields: Field[];
}

export interface Choices {
  prompt: string;
  items: { value: string; label: string }[];
  fields?: Field[];
  // In seconds since the epoch.
  expires?: number;
}

export interface FileLink {
  name: string;
  media_type: string;
  url: string;
  size: number;
}

export interface UserMessage {
  id: string;
  text: string;
  at: number;
  files?: FileLink[];
}

export interface Step {
  kind: "thought" | "tool" | "status";
  text: string;
}

export interface Ended {
  turn: string;
  text: string;
  state: "done" | "failed" | "stopped";
  at: number;
  notices?: readonly string[];
  sources?: Source[];
  suggestions?: string[];
  choices?: Choices;
  files?: FileLink[];
}

export interface Events {
  start: { turn: string; messages: UserMessage[] };
  delta: { turn: string; o: number; t: string };
  replace: { turn: string; text: string };
  status: { turn: string } & Step;
  notice: { turn: string; text: string };
  sources: { turn: string; items: Source[] };
  suggestions: { turn: string; items: string[] };
  choices: { turn: string } & Choices;
  file: { turn: string } & FileLink;
  end: Ended;
  user: UserMessage;
  // Somebody writes, until then (seconds since the epoch).
  typing: { on: boolean; until?: number };
}

export type Past = ({ kind: "user"; turn?: string } & UserMessage) | ({ kind: "bot" } & Ended);

export interface Features {
  files?: { bytes: number; count: number; accept: string[] };
  voice?: boolean;
  feedback?: boolean;
  regenerate?: boolean;
}

export interface Proactive {
  id: string;
  text: string;
  // Seconds after the page was opened.
  after: number;
  page?: string;
}

export interface SessionInfo {
  token: string;
  visitor: string;
  cursor: string;
  waiting: boolean;
  history: Past[];
  title: string;
  opening: string;
  suggestions: string[];
  limits: { text: number };
  conversation?: string;
  user?: { name: string };
  // Whether the person can have several.
  conversations?: boolean;
  features?: Features;
  form?: Form;
  proactive?: Proactive[];
  // Hosts whose pictures may be shown.
  images?: string[];
  theme?: { accent?: string; css?: Record<string, string> };
  texts?: Record<string, string>;
}

export interface ConversationItem {
  id: string;
  title: string;
  at: number;
  unread: boolean;
}

export type Emit = (event: string, detail?: unknown) => void;
