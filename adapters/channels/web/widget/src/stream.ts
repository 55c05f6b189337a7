import { isFinal, type Refusal } from "./client";
import { eventParser, isNewer, type ServerEvent } from "./sse";
import { backoff, waitAfter } from "./wait";

const SILENCE_LIMIT_MS = 35_000;

export interface StreamPort {
  connect(cursor: () => string, signal: AbortSignal): Promise<Response>;
  event(event: ServerEvent): void;
  cursorIsLost(): void;
  // The connection is up, or has failed and is being tried again.
  connection(isUp: boolean): void;
  // The gateway has said no for good.
  refused(refusal: Refusal): void;
}

export interface Stream {
  start(): void;
  stop(): void;
  seek(cursor: string): void;
}

export function createStream(port: StreamPort): Stream {
  let cursor = "";
  let failures = 0;
  // Another object for every start: a loop that is not the latest ends.
  let running: object | undefined;
  let connection = new AbortController();
  let endPause = () => {};
  let isReading = false;

  function receive(event: ServerEvent): void {
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

  async function read(response: Response, { signal }: AbortController, stillAlive: () => void) {
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let isOver = false;
    const parse = eventParser((event) => {
      if (event.name === "reset") port.cursorIsLost();
      isOver ||= event.name === "bye" || event.name === "reset" || signal.aborted;
      if (!isOver) receive(event);
    });
    while (!isOver) {
      const { done, value } = await reader.read();
      if (done) return;
      failures = 0;
      stillAlive();
      parse(value);
    }
  }

  async function connectOnce(current: AbortController): Promise<void> {
    let watchdog = 0;
    const stillAlive = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => current.abort(), SILENCE_LIMIT_MS);
    };
    stillAlive();
    try {
      const response = await port.connect(() => cursor, current.signal);
      isReading = true;
      port.connection(true);
      await read(response, current, stillAlive);
    } finally {
      isReading = false;
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
        port.connection(false);
        wait = waitAfter(error, failures++);
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
    addEventListener("online", retry);
    document.addEventListener("visibilitychange", retry);
    void run(running);
  }

  function stop(): void {
    running = undefined;
    removeEventListener("online", retry);
    document.removeEventListener("visibilitychange", retry);
    connection.abort();
    endPause();
  }

  return {
    start,
    stop,
    seek(to) {
      cursor = to;
      // While it connects, the cursor is still to be asked for.
      if (isReading) connection.abort();
    },
  };
}
