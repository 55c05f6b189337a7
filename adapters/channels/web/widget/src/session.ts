import {
  type Ask,
  type Challenge,
  type ClientOptions,
  createClient,
  type Refusal,
  report,
} from "./client";
import {
  changeSaid,
  type Conversation,
  EMPTY,
  fold,
  rest,
  restore,
  type Said,
  say,
} from "./conversation";
import type { ServerEvent } from "./sse";
import { createStream } from "./stream";
import { uuid } from "./uuid";
import type { Ended, Events, FileLink, SessionInfo } from "./wire";

// What was said, on its way.
export interface Outgoing {
  readonly id: string;
  readonly text: string;
  readonly files?: readonly FileLink[];
  // Who said it where; empty while that is not known.
  readonly place: string;
}

export interface SessionPort {
  opened(session: SessionInfo): void;
  changed(conversation: Conversation): void;
  ended(end: Ended): void;
  typing(typing: Events["typing"]): void;
  connection(isUp: boolean, error?: Partial<Refusal>): void;
  refused(refusal: Refusal): void;
  challenged(challenge: Challenge): Promise<unknown>;
  // Brings it to the gateway, after all that was said before.
  deliver(said: Outgoing): void;
}

export interface Session {
  // What the next session is asked for with.
  readonly ask: Ask;
  follow(): void;
  rest(): void;
  // With the id of a message that failed, the same message is sent again.
  send(text: string, id?: string, files?: readonly FileLink[]): void;
  stop(): Promise<void>;
  // Resolves when there is a session.
  open(): Promise<void>;
  // Who is here where; empty until that is known.
  place(): string;
  // Shows what has become of a message.
  change(id: string, change: Partial<Said>): void;
  // Sends a command and returns what it is answered with; raises what refuses it.
  command<T>(name: string, body?: object): Promise<T>;
  // Where and with what a file is uploaded.
  upload(): Promise<{ url: URL; token: string }>;
  // Opens another session: of somebody else, or of another conversation. Raises what refuses it;
  // whoever follows asks again.
  reopen(change: Ask): Promise<void>;
  cursor(): string;
}

export function createSession(options: ClientOptions, port: SessionPort): Session {
  let conversation = EMPTY;
  let place = "";

  function become(next: Conversation): void {
    conversation = next;
    port.changed(next);
  }

  const client = createClient(options, {
    ...port,
    opened(session) {
      place = [options.key, session.visitor, session.conversation].join();
      become(restore(conversation, session.history, session.waiting, place));
      stream.seek(session.cursor, place);
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

  return {
    ask: client.ask,
    command,
    follow: stream.start,
    rest: stream.stop,
    cursor: stream.cursor,
    send(text, id = uuid(), files) {
      become(say(conversation, id, text, files, place));
      port.deliver({ id, text, files, place });
    },
    open: client.open,
    place: () => place,
    change: (id, change) => become(changeSaid(conversation, id, change)),
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
      place = "";
      client.forgetSession();
      stream.again();
      return client.open();
    },
  };
}
