import { button, h, icon, words } from "./dom";
import { sizeText } from "./files";
import type { Kit } from "./kit";
import { type Upload, upload } from "./upload";
import type { Features, FileLink } from "./wire";
import { filled, type WriteTexts } from "./write-texts";

const CLIP = "M20 11l-8.500 8.500a5 5 0 0 1-7-7L13 4a3.300 3.300 0 0 1 5 5l-8.500 8.500a1.700 1.700 0 0 1-2.500-2.500L15 7";
const REMOVE = "M7 7l10 10M17 7L7 17";

type Limits = NonNullable<Features["files"]>;

interface Item {
  readonly element: HTMLElement;
  upload?: Upload;
  link?: FileLink;
}

function isTaken({ type, name }: File, accept: readonly string[]): boolean {
  const fits = (wanted: string) =>
    wanted.endsWith("/*")
      ? type.startsWith(wanted.slice(0, -1))
      : type === wanted || name.toLowerCase().endsWith(wanted.toLowerCase());
  return !accept.length || accept.some(fits);
}

// The files that go with the next message.
export function createTray(kit: Kit, texts: WriteTexts) {
  const { composer, panel } = kit;
  const items = new Set<Item>();
  let limits: Limits | undefined;
  const picker = h("input", "", [], { type: "file", multiple: "", tabindex: "-1" });
  const attach = button("attach", "icon", icon(CLIP), () => picker.click());
  const tray = h("ul", "tray");
  picker.hidden = true;
  attach.hidden = true;
  // To write a size takes a while: it is done for those who come near.
  for (const near of ["pointerenter", "focus"]) attach.addEventListener(near, explain);
  composer.bar.prepend(attach, picker);
  composer.element.prepend(tray);

  function explain(): void {
    const { count, bytes } = limits!;
    const said = filled(texts.limits, { count, size: sizeText(bytes, kit.lang()) });
    attach.title = `${texts.attach} (${said})`;
  }

  function show(): void {
    const accent = composer.bar.querySelector(".accent")!;
    accent.classList.toggle("ready", items.size > 0);
  }

  function remove(item: Item): void {
    item.upload?.cancel();
    items.delete(item);
    item.element.remove();
    show();
    composer.field.focus();
  }

  function problemOf(file: File, { bytes, count, accept }: Limits): string {
    if (items.size >= count) return filled(texts.tooMany, { count });
    if (file.size > bytes) return filled(texts.tooLarge, { size: sizeText(bytes, kit.lang()) });
    return isTaken(file, accept) ? "" : texts.wrongKind;
  }

  function itemOf(file: File): { item: Item; note: HTMLElement; bar: HTMLProgressElement } {
    const bar = h("progress", "", [], { max: "1", "aria-label": file.name });
    const note = h("span", "size", [sizeText(file.size, kit.lang())]);
    const name = words("span", "name", file.name);
    const bin = button("removeFile", "small", icon(REMOVE), () => remove(item));
    const item: Item = { element: h("li", "attached", [name, note, bin, bar]) };
    bin.title = filled(texts.removeFile, { name: file.name });
    tray.append(item.element);
    return { item, note, bar };
  }

  async function add(file: File, within: Limits): Promise<boolean> {
    const problem = problemOf(file, within);
    const { item, note, bar } = itemOf(file);
    const fail = (message: string) => {
      item.element.classList.add("wrong");
      note.textContent = message;
      bar.remove();
      kit.announce(`${file.name}: ${message}`);
      return false;
    };
    // A file that is not taken only says why.
    if (problem) return fail(problem);
    items.add(item);
    show();
    try {
      item.upload = upload(file, kit, (share) => {
        bar.value = share;
      });
      item.link = await item.upload.done;
    } catch (error) {
      items.delete(item);
      show();
      return fail((error as Error).message || texts.failed);
    }
    bar.remove();
    kit.announce(filled(texts.uploaded, { name: file.name }));
    return true;
  }

  function addAll(files: Iterable<File>): void {
    for (const old of tray.querySelectorAll(".wrong")) old.remove();
    for (const file of files) if (limits) void add(file, limits);
  }

  function ready(): readonly FileLink[] | undefined {
    const links = [...items].map(({ link }) => link);
    if (links.every((link) => link !== undefined)) return links;
    kit.announce(texts.uploading);
    return undefined;
  }

  picker.addEventListener("change", () => {
    addAll(picker.files ?? []);
    picker.value = "";
  });
  composer.field.addEventListener("paste", (event) => {
    const files = event.clipboardData?.files;
    if (!files?.length || !limits) return;
    event.preventDefault();
    addAll(files);
  });
  panel.addEventListener("dragover", (event) => {
    if (!limits || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    panel.dataset.drop = texts.drop;
  });
  panel.addEventListener("dragleave", (event) => {
    if (!panel.contains(event.relatedTarget as Node | null)) delete panel.dataset.drop;
  });
  panel.addEventListener("drop", (event) => {
    delete panel.dataset.drop;
    if (!limits) return;
    event.preventDefault();
    addAll(event.dataTransfer?.files ?? []);
  });
  composer.attachments = {
    ready,
    clear() {
      for (const { upload } of items) upload?.cancel();
      items.clear();
      tray.replaceChildren();
      show();
    },
  };

  return {
    allow(now: Features["files"]): void {
      limits = now;
      attach.hidden = !now;
      if (!now) return;
      picker.accept = now.accept.join();
      attach.title = texts.attach;
    },
    async addAndSend(file: File): Promise<void> {
      // A voice is bound by the gateway alone.
      const within = limits ?? { bytes: Infinity, count: 1, accept: [] };
      if (await add(file, { ...within, accept: [] })) composer.submit();
    },
  };
}
