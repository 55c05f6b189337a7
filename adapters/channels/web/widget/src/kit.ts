// What the parts that are loaded on demand are handed: they bring no second copy of it.
import type { Composer } from "./composer";
import type { Session } from "./session";
import type { Glossary } from "./texts";
import type { FileLink, SessionInfo } from "./wire";

export interface Kit {
  readonly root: ShadowRoot;
  readonly panel: HTMLElement;
  readonly log: HTMLElement;
  readonly composer: Composer;
  readonly glossary: Glossary;
  readonly session: Session;
  readonly api: string;
  // The language numbers and dates are written in.
  lang(): string;
  // Under which the browser keeps what was not sent.
  readonly unsentName: string;
  // What the latest session said; nothing before the first.
  info(): SessionInfo | undefined;
  send(text: string, files?: readonly FileLink[]): void;
  // Says it to a screen reader, once.
  announce(text: string): void;
  // Shows it above the composer, and says it.
  tell(text: string): void;
  // Another part, by the name of its file; loaded once.
  load<Part>(file: string): Promise<Part>;
}
