// What is not needed to open, read and write is loaded when it is.
import type { Kit } from "./kit";
import type { Extras } from "./messages";
import type { Outgoing } from "./session";
import { recall } from "./storage";
import { backoff } from "./wait";
import type { SessionInfo } from "./wire";
import type { Writer } from "./write";

type More = { createExtras(kit: Kit): Extras };
type Writing = { extendComposer(kit: Kit): Writer };
type Listing = { createList(kit: Kit): () => void };
type Asking = { askFirst(kit: Kit): void };

export function createParts(kit: Kit, hasExtras: (extras: Extras) => void) {
  const loaded: Record<string, Promise<unknown> | undefined> = {};
  let tries = 0;
  let writer: Promise<Writer> | undefined;

  // What is made of a part, once.
  function load<Part, Made = Part>(file: string, make?: (part: Part) => Made): Promise<Made> {
    // Some browsers remember a module that failed to load: the next try needs another address.
    const { href } = new URL(tries ? `${file}?${tries}` : file, import.meta.url);
    loaded[file] ??= import(href).then(make).catch((error: unknown) => {
      loaded[file] = undefined;
      tries++;
      throw error;
    });
    return loaded[file] as Promise<Made>;
  }

  // Whatever was said waits until it is there.
  async function insist(): Promise<Writer> {
    try {
      return await load(WRITE_FILE, ({ extendComposer }: Writing) => extendComposer(kit));
    } catch {
      await new Promise((resolve) => setTimeout(resolve, backoff(2)));
      return insist();
    }
  }

  function more(): Promise<void> {
    const make = ({ createExtras }: More) => hasExtras(createExtras(kit));
    return load(MORE_FILE, make).catch(console.error);
  }

  function write(): Promise<Writer> {
    return (writer ??= insist());
  }

  return {
    write,
    more,
    deliver(said: Outgoing): void {
      void write().then(({ deliver }) => deliver(said));
      // The answer will need it.
      void more();
    },
    load: <Part>(file: string) => load<Part>(file),
    list: () =>
      void load(LIST_FILE, ({ createList }: Listing) => createList(kit)).then(
        (show) => show(),
        console.error,
      ),
    opened(info: SessionInfo): void {
      const { files, voice } = info.features ?? {};
      if (files || voice || writer || recall("sessionStorage", kit.unsentName)) {
        void write().then(({ update }) => update());
      }
      // Also to take away the form of another conversation.
      if (info.form || loaded[FORM_FILE]) {
        load<Asking>(FORM_FILE).then((form) => form.askFirst(kit), console.error);
      }
    },
  };
}
