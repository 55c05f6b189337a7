import { type ClientOptions, createClient, isFinal, isRefusal, pageAddress } from "./client";
import {
  changeSaid,
  type Conversation,
  EMPTY,
  fold,
  rest,
  restore,
  say,
} from "./conversation";
import type { ServerEvent } from "./sse";
import { createStream } from "./stream";
import { uuid } from "./uuid";
import { waitAfter } from "./wait";
import type { Ended, SessionInfo } from "./wire";

const RETRIES = 4;
const LONGEST_WAIT_MS = 60_000;

export interface SessionPort {
  opened(session: SessionInfo): void;
  changed(conversation: Conversation): void;
  ended(end: Ended): void;
  connection(isUp: boolean): void;
  refused(message: string): void;
}

export interface Session {
  follow(): void;
  rest(): void;
  send(text: string, id?: string): void;
  stop(): Promise<void>;
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

  function become(next: Conversation): void {
    conversation = next;
    port.changed(next);
  }

  const client = createClient(options, (session) => {
    stream.seek(session.cursor);
    become(restore(conversation, session.history, session.waiting));
    port.opened(session);
  });

  const stream = createStream({
    ...port,
    connect: (cursor, signal) => client.request("events", () => ({ cursor: cursor() }), signal),
    cursorIsLost: client.forgetSession,
    event: receive,
    refused(refusal) {
      report(refusal);
      port.refused(refusal.message);
    },
  });

  function receive({ name, data }: ServerEvent): void {
    const content: unknown = JSON.parse(data);
    become(fold(conversation, name, content));
    if (name === "end") port.ended(content as Ended);
  }

  async function post(id: string, text: string): Promise<void> {
    const page = pageAddress();
    const response = await client.request("messages", () => ({ id, text, page }));
    const { turn } = (await response.json()) as { turn?: string };
    become(changeSaid(conversation, id, { state: "done", note: undefined, turn }));
  }

  async function deliver(id: string, text: string): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await post(id, text);
      } catch (error) {
        const wait = waitFor(error, attempt);
        const note = isRefusal(error) ? error.message : "";
        const state = wait === undefined ? "failed" : "sending";
        become(changeSaid(conversation, id, { note, state }));
        if (wait === undefined) return report(error);
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  }

  return {
    follow: stream.start,
    rest: stream.stop,
    // With the id of a message that failed, the same message is sent again.
    send(text, id = uuid()) {
      const known = changeSaid(conversation, id, { state: "sending", note: undefined });
      become(known === conversation ? say(conversation, id, text) : known);
      // One after the other: the gateway hears the messages in the order they were written.
      outbox = outbox.then(() => deliver(id, text)).catch(console.error);
    },
    async stop() {
      const response = await client.request("stop", () => ({}));
      const { stopped } = (await response.json()) as { stopped: boolean };
      if (!stopped) become(rest(conversation));
    },
  };
}
