// How an answer is shown well.
import { createActions } from "./actions";
import { createChoices } from "./choices";
import type { Answer, Entry } from "./conversation";
import { addCopyButtons } from "./copy";
import { createDays } from "./days";
import { h } from "./dom";
import { fileView } from "./files";
import { sheetOf } from "./host";
import type { Kit } from "./kit";
import { showMarkdown } from "./markdown";
import type { Extras } from "./messages";
import css from "./more.css";
import { moreTexts } from "./more-texts";
import { sourceList, stepList } from "./lists";

// Shows a value, and nothing where there is none. What has not changed is not touched: what has
// been opened, played or written in it stays.
function createSlot(parent: HTMLElement, place: InsertPosition) {
  const slot = h("div", "slot");
  let shown = "";
  parent.insertAdjacentElement(place, slot);
  return <T>(value: T | undefined, make: (value: T) => Iterable<Node>) => {
    const key = value ? JSON.stringify(value) : "";
    if (key !== shown) slot.replaceChildren(...(value ? make(value) : []));
    shown = key;
  };
}

type Slot = ReturnType<typeof createSlot>;

export function createExtras(kit: Kit): Extras {
  const texts = kit.glossary.add(moreTexts);
  const slots = new WeakMap<HTMLElement, Slot[]>();
  const showActions = createActions(kit, texts);
  const showDay = createDays(kit.lang);
  const choose = createChoices(kit, texts);
  kit.root.adoptedStyleSheets.push(sheetOf(css));

  function slotsOf(beside: HTMLElement, text: HTMLElement): Slot[] {
    let found = slots.get(beside);
    if (!found) {
      const below = () => createSlot(beside, "beforeend");
      found = [createSlot(text, "beforebegin"), below(), below(), below()];
      slots.set(beside, found);
    }
    return found;
  }

  function fill(found: Slot[], entry: Entry, isLast: boolean): void {
    const [steps, files, sources, choices] = found as [Slot, Slot, Slot, Slot];
    const answer = entry as Partial<Answer>;
    const isOpen = isLast || undefined;
    steps(some(answer.steps), (all) => [stepList(all, texts.steps)]);
    files(some(entry.files), (all) => all.map((file) => fileView(file, kit)));
    sources(some(answer.sources), (all) => [sourceList(all, texts.sources)]);
    choices(isOpen && answer.choices, (asked) => choose(asked));
  }

  return {
    text: (parent, text) => showMarkdown(parent, text, kit.info()?.images),
    show(entry, { element, text, beside }, isLast, before) {
      fill(slotsOf(beside, text), entry, isLast);
      showDay(element, entry.at, before);
      if (entry.kind === "user" || entry.state === "streaming") return;
      addCopyButtons(text, texts, kit);
      showActions(entry, element, isLast);
    },
  };
}

function some<T>(list: readonly T[] = []): readonly T[] | undefined {
  return list.length ? list : undefined;
}
