// The shapes of the wire protocol, version 1: see docs/widget-protocol.md.

export interface Source {
  title: string;
  url?: string;
  excerpt?: string;
}

export interface Choices {
  prompt: string;
  items: { value: string; label: string }[];
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
  status: { turn: string; kind: "thought" | "tool" | "status"; text: string };
  notice: { turn: string; text: string };
  sources: { turn: string; items: Source[] };
  suggestions: { turn: string; items: string[] };
  choices: { turn: string } & Choices;
  file: { turn: string } & FileLink;
  end: Ended;
  user: UserMessage;
}

export type Past = ({ kind: "user"; turn?: string } & UserMessage) | ({ kind: "bot" } & Ended);

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
}

export type Emit = (event: string, detail?: unknown) => void;
