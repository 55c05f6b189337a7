import {
  type Ask,
  type Challenge,
  type ClientOptions,
  createClient,
  isFinal,
  isRefusal,
  pageAddress,
  type Refusal,
} from "./client";
import { changeSaid, type Conversation, EMPTY, fold, rest, restore, say } from "./conversation";
import type { ServerEvent } from "./sse";
import { createStream } from "./stream";
import { uuid } from "./uuid";
import { waitAfter } from "./wait";
import type { Ended, Events, FileLink, SessionInfo } from "./wire";

const RETRIES = 4;
const LONGEST_WAIT_MS = 60_000;

export interface SessionPort {
  opened(session: SessionInfo): void;
  changed(conversation: Conversation): void;
  ended(end: Ended): void;
  typing(typing: Events["typing"]): void;
  connection(isUp: boolean): void;
  refused(refusal: Refusal): void;
  challenged(challenge: Challenge): Promise<unknown>;
  // How a wait is said.
  seconds(count: number): string;
}

export interface Session {
  // What the next session is asked for with.
  readonly ask: Ask;
  follow(): void;
  rest(): void;
  send(text: string, id?: string, files?: readonly FileLink[]): void;
  stop(): Promise<void>;
  // Sends a command and returns what it is answered with; raises what refuses it.
  command<T>(name: string, body?: object): Promise<T>;
  // Where and with what a file is uploaded.
  upload(): Promise<{ url: URL; token: string }>;
  // Opens another session: of somebody else, or of another conversation. Raises what refuses it;
  // whoever follows asks again.
  reopen(change: Ask): Promise<void>;
  cursor(): string;
}

// How long to wait before a message is tried again, or undefined when trying is no use.
function waitFor(error: unknown, attempt: number): number | undefined {
  const isPassing = !isRefusal(error) || error.status === 429 || error.status >= 500;
  const wait = waitAfter(error, attempt);
  return isPassing && attempt < RETRIES && wait <= LONGEST_WAIT_MS ? wait : undefined;
}

// A developer whose site is refused looks at the console first.
function report(error: unknown): void {
  if (isFinal(error)) console.error(`Chat Gateway: ${error.message}`);
}

export function createSession(options: ClientOptions, port: SessionPort): Session {
  let conversation = EMPTY;
  let outbox = Promise.resolve();
  let place = "";

  function become(next: Conversation): void {
    conversation = next;
    port.changed(next);
  }

  const client = createClient(options, {
    ...port,
    opened(session) {
      const now = [options.key, session.visitor, session.conversation].join();
      // What somebody else has not sent yet is not this person's.
      become(restore(now === place ? conversation : EMPTY, session.history, session.waiting));
      place = now;
      stream.seek(session.cursor, now);
      port.opened(session);
    },
  });

  const stream = createStream({
    ...port,
    open: client.open,
    connect: (cursor, signal) => client.request("events", () => ({ cursor: cursor() }), signal),
    cursorIsLost: client.forgetSession,
    event: receive,
    refused(refusal) {
      report(refusal);
      port.refused(refusal);
    },
  });

  function receive({ name, data }: ServerEvent): void {
    const content: unknown = JSON.parse(data);
    if (name === "typing") return port.typing(content as Events["typing"]);
    become(fold(conversation, name, content));
    if (name === "end") port.ended(content as Ended);
  }

  async function command<T>(name: string, body = {}): Promise<T> {
    const response = await client.request(name, () => body);
    return (await response.json()) as T;
  }

  async function post(id: string, text: string, files?: readonly FileLink[]): Promise<void> {
    const { turn } = await command<{ turn?: string }>("messages", {
      id,
      text,
      page: pageAddress(),
      files: files?.map(({ url }) => url),
    });
    become(changeSaid(conversation, id, { state: "done", note: undefined, turn }));
  }

  // Says how long it is until the next try.
  async function count(id: string, message: string, ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 1000) {
      const seconds = message && port.seconds(Math.ceil(left / 1000));
      become(changeSaid(conversation, id, { note: `${message} ${seconds}`.trim() }));
      await new Promise((resolve) => setTimeout(resolve, Math.min(left, 1000)));
    }
  }

  async function deliver(
    id: string,
    text: string,
    files?: readonly FileLink[],
  ): Promise<void> {
    const from = place;
    for (let attempt = 0; ; attempt++) {
      try {
        return await post(id, text, files);
      } catch (error) {
        const wait = from === place ? waitFor(error, attempt) : undefined;
        const note = isRefusal(error) ? error.message : "";
        if (wait === undefined) {
          become(changeSaid(conversation, id, { note, state: "failed" }));
          return report(error);
        }
        await count(id, note, wait);
      }
    }
  }

  return {
    ask: client.ask,
    command,
    follow: stream.start,
    rest: stream.stop,
    cursor: stream.cursor,
    // With the id of a message that failed, the same message is sent again.
    send(text, id = uuid(), files) {
      const known = changeSaid(conversation, id, { state: "sending", note: undefined });
      become(known === conversation ? say(conversation, id, text, files) : known);
      // One after the other: the gateway hears the messages in the order they were written.
      outbox = outbox.then(() => deliver(id, text, files)).catch(console.error);
    },
    async stop() {
      const { stopped } = await command<{ stopped: boolean }>("stop");
      if (!stopped) become(rest(conversation));
    },
    async upload() {
      await client.open();
      return { url: client.address("files"), token: client.ask.token! };
    },
    reopen(change) {
      Object.assign(client.ask, change);
      client.forgetSession();
      stream.again();
      return client.open();
    },
  };
}
