import { isFinal, type Refusal } from "./client";
import { eventParser, isNewer, type ServerEvent } from "./sse";
import { backoff, waitAfter } from "./wait";

const SILENCE_LIMIT_MS = 35_000;
const RECENT = 500;
// Why a connection is ended that has not failed: to begin anew from elsewhere.
const ANEW = new Error("anew");

export interface StreamPort {
  // Resolves when there is a session, which has said where to `seek` to.
  open(): Promise<void>;
  connect(cursor: () => string, signal: AbortSignal): Promise<Response>;
  event(event: ServerEvent): void;
  cursorIsLost(): void;
  // The connection is up, or has failed and is being tried again.
  connection(isUp: boolean, error?: Partial<Refusal>): void;
  // The gateway has said no for good.
  refused(refusal: Refusal): void;
}

export interface Stream {
  start(): void;
  stop(): void;
  // From here on. All tabs of a browser in which `share` is the same have one stream together.
  seek(cursor: string, share: string): void;
  cursor(): string;
  // Ends the connection, to begin anew with another session.
  again(): void;
}

// What a tab passes on: an event, or none when it has only heard that the gateway is there.
interface Passed {
  share: string;
  event?: ServerEvent;
}

export function createStream(port: StreamPort): Stream {
  let cursor = "";
  let share = "";
  let failures = 0;
  // Another object for every start: a loop that is not the latest ends.
  let running: object | undefined;
  let connection = new AbortController();
  let endPause = () => {};
  let stillAlive = () => {};
  let isJoined = false;
  let isReading = false;
  // The tab that has the stream has gone silent: it is taken from it.
  let isTaking = false;
  let channel: BroadcastChannel | undefined;
  // What the other tabs heard of late: a session that is opened meanwhile may not know it.
  const recent: Passed[] = [];

  function receive(event: ServerEvent): void {
    if (event.name === "reset") {
      port.cursorIsLost();
      return connection.abort(ANEW);
    }
    if (event.id) {
      if (!isNewer(event.id, cursor)) return;
      cursor = event.id;
    }
    try {
      port.event(event);
    } catch (error) {
      // What the page does with an event must not cost it the next one.
      console.error(error);
    }
  }

  function hear(passed: Passed): void {
    if (passed.share !== share) return;
    stillAlive();
    if (passed.event) receive(passed.event);
  }

  function listen(): void {
    channel = new BroadcastChannel("chat-gateway");
    channel.onmessage = ({ data }: MessageEvent<Passed>) => {
      if (data.event?.id && recent.push(data) > RECENT) recent.shift();
      hear(data);
    };
  }

  async function read(response: Response, { signal }: AbortController) {
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let isOver = false;
    const parse = eventParser((event) => {
      isOver ||= event.name === "bye" || signal.aborted;
      if (isOver) return;
      channel?.postMessage({ share, event });
      receive(event);
    });
    while (!isOver) {
      const { done, value } = await reader.read();
      if (done) return;
      failures = 0;
      stillAlive();
      channel?.postMessage({ share });
      parse(value);
    }
  }

  async function follow(current: AbortController): Promise<void> {
    const response = await port.connect(() => cursor, current.signal);
    isReading = true;
    port.connection(true);
    await read(response, current);
  }

  // One tab follows at a time; when it ends, another goes on from what it has heard.
  function inTurn(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    const { locks } = navigator;
    // Pages that are not served securely have no locks, and frames may be denied them: each has a
    // stream of its own.
    if (!locks) return work();
    const options = isTaking ? { steal: true } : { signal };
    isTaking = false;
    return locks.request(`chat-gateway:${share}`, options, work).catch((error: Error) => {
      if (error.name === "SecurityError") return work();
      throw error;
    });
  }

  async function connectOnce(current: AbortController): Promise<void> {
    let watchdog = 0;
    stillAlive = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => {
        isTaking = !isReading;
        current.abort();
      }, SILENCE_LIMIT_MS);
    };
    stillAlive();
    try {
      await port.open();
      port.connection(true);
      isJoined = true;
      await inTurn(current.signal, () => follow(current));
    } finally {
      isJoined = isReading = false;
      stillAlive = () => {};
      clearTimeout(watchdog);
      current.abort();
    }
  }

  async function run(mine: object): Promise<void> {
    while (mine === running) {
      let wait = backoff(0);
      try {
        await connectOnce((connection = new AbortController()));
      } catch (error) {
        if (mine !== running) return;
        if (isFinal(error)) {
          stop();
          return port.refused(error);
        }
        if (error === ANEW) wait = 0;
        else {
          port.connection(false, error as Error);
          wait = waitAfter(error, failures++);
        }
      }
      await pause(wait);
    }
  }

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      endPause = resolve;
      setTimeout(resolve, ms);
    });
  }

  function retry(): void {
    if (!document.hidden) endPause();
  }

  function start(): void {
    if (running) return;
    running = {};
    failures = 0;
    listen();
    addEventListener("online", retry);
    document.addEventListener("visibilitychange", retry);
    void run(running);
  }

  function stop(): void {
    running = undefined;
    channel?.close();
    removeEventListener("online", retry);
    document.removeEventListener("visibilitychange", retry);
    connection.abort();
    endPause();
  }

  return {
    start,
    stop,
    cursor: () => cursor,
    again: () => connection.abort(ANEW),
    seek(to, among) {
      cursor = to;
      // While it connects, the cursor is still to be asked for.
      if (isReading || (isJoined && share !== among)) connection.abort(ANEW);
      share = among;
      recent.forEach(hear);
    },
  };
}
