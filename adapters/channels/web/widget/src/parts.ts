// What is not needed to open, read and write is loaded when it is.
import type { Kit } from "./kit";
import type { Extras } from "./messages";
import type { SessionInfo } from "./wire";

type More = { createExtras(kit: Kit): Extras };
type Writing = { extendComposer(kit: Kit): (info: SessionInfo) => void };
type Listing = { createList(kit: Kit): () => void };
type Asking = { askFirst(kit: Kit): void };

export function createParts(kit: Kit, hasExtras: (extras: Extras) => void) {
  const loaded: Record<string, Promise<unknown> | undefined> = {};
  let tries = 0;

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

  return {
    load: <Part>(file: string) => load<Part>(file),
    more: () =>
      load(MORE_FILE, ({ createExtras }: More) => hasExtras(createExtras(kit))).catch(
        console.error,
      ),
    list: () =>
      void load(LIST_FILE, ({ createList }: Listing) => createList(kit)).then(
        (show) => show(),
        console.error,
      ),
    opened(info: SessionInfo): void {
      const { files, voice } = info.features ?? {};
      if (files || voice) {
        const extend = ({ extendComposer }: Writing) => extendComposer(kit);
        load(WRITE_FILE, extend).then((update) => update(info), console.error);
      }
      // Also to take away the form of another conversation.
      if (info.form || loaded[FORM_FILE]) {
        load<Asking>(FORM_FILE).then((form) => form.askFirst(kit), console.error);
      }
    },
  };
}
