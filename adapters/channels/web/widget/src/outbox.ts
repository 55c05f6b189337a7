// Brings what was said to the gateway: in order, again where it failed, and from the next page
// where this one was left meanwhile.
import { isRefusal, pageAddress, report } from "./client";
import type { Kit } from "./kit";
import type { Outgoing } from "./session";
import { keep, recall } from "./storage";
import { secondsText, waitAfter } from "./wait";

const RETRIES = 12;
const LONGEST_WAIT_MS = 60_000;

// How long to wait before a message is tried again, or undefined when trying is no use.
function waitFor(error: unknown, attempt: number): number | undefined {
  const isPassing = !isRefusal(error) || error.status === 429 || error.status >= 500;
  const wait = waitAfter(error, attempt);
  return isPassing && attempt < RETRIES && wait <= LONGEST_WAIT_MS ? wait : undefined;
}

function remembered(name: string): Outgoing[] {
  try {
    return JSON.parse(recall("sessionStorage", name) ?? "[]") as Outgoing[];
  } catch {
    return [];
  }
}

export function createOutbox({ session, unsentName, lang }: Kit) {
  // What the page before had not sent.
  let left = remembered(unsentName);
  let waiting: Outgoing[] = [];
  let last = Promise.resolve();

  function remember(now: Outgoing[]): void {
    waiting = now;
    keep("sessionStorage", unsentName, now.length ? JSON.stringify(now) : "");
  }

  async function post({ id, text, files = [] }: Outgoing, token: object): Promise<void> {
    const page = pageAddress();
    const links = files.length ? files.map(({ url }) => url) : undefined;
    const body = { ...token, id, text, page, files: links };
    const { turn } = await session.command<{ turn?: string }>("messages", body);
    session.change(id, { state: "done", note: undefined, turn });
  }

  // Says how long it is until the next try.
  async function count(id: string, message: string, ms: number): Promise<void> {
    for (let rest = ms; rest > 0; rest -= 1000) {
      const seconds = message && secondsText(Math.ceil(rest / 1000), lang());
      session.change(id, { note: `${message} ${seconds}`.trim() });
      await new Promise((resolve) => setTimeout(resolve, Math.min(rest, 1000)));
    }
  }

  // Who has changed the conversation meanwhile, or gone, said it there all the same.
  function tokenOf({ place }: Outgoing, token?: string): object {
    return place && place !== session.place() ? { token } : {};
  }

  // Returns whether there is nothing more to do.
  async function deliver(said: Outgoing, token?: string): Promise<boolean> {
    for (let attempt = 0; ; attempt++) {
      try {
        await session.open();
        await post(said, tokenOf(said, token));
        return true;
      } catch (error) {
        const wait = waitFor(error, attempt);
        const note = isRefusal(error) ? error.message : "";
        if (wait === undefined) {
          session.change(said.id, { note, state: "failed" });
          report(error);
          return isRefusal(error) && error.status < 429;
        }
        await count(said.id, note, wait);
      }
    }
  }

  return {
    deliver(said: Outgoing): void {
      const { token } = session.ask;
      const others = () => waiting.filter(({ id }) => id !== said.id);
      remember([...others(), said]);
      last = last
        .then(() => deliver(said, token))
        .then((isOver) => void (isOver && remember(others())))
        .catch(console.error);
    },
    // What was left behind is sent where it was said: its id makes it the same message.
    resume(): void {
      const now = session.place();
      const mine = left.filter(({ place }) => !place || place === now);
      left = left.filter((said) => !mine.includes(said));
      for (const { id, text, files } of mine) session.send(text, id, files);
    },
  };
}
