// The person's conversations: opened, deleted, or a new one begun.
import { button, h, iconButton, words } from "./dom";
import { sheetOf } from "./host";
import type { Kit } from "./kit";
import css from "./list.css";
import { uuid } from "./uuid";
import type { ConversationItem } from "./wire";

const texts = {
  en: {
    list: "Conversations",
    begin: "New conversation",
    empty: "There is no conversation yet.",
    untitled: "Conversation",
    unread: "New messages",
    remove: "Delete",
    sure: "Delete it for good?",
    keep: "Keep",
    back: "Back",
  },
  vi: {
    list: "Các cuộc trò chuyện",
    begin: "Cuộc trò chuyện mới",
    empty: "Chưa có cuộc trò chuyện nào.",
    untitled: "Cuộc trò chuyện",
    unread: "Tin nhắn mới",
    remove: "Xóa",
    sure: "Xóa vĩnh viễn?",
    keep: "Giữ lại",
    back: "Quay lại",
  },
};

const BIN = "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13";
const BACK = "M14 6l-6 6 6 6";

// As precise as it needs to be: the time today, the date before.
function timeText(seconds: number, lang: string): string {
  const date = new Date(seconds * 1000);
  const isToday = date.toDateString() === new Date().toDateString();
  const style = isToday ? { timeStyle: "short" } as const : { dateStyle: "medium" } as const;
  return new Intl.DateTimeFormat(lang, style).format(date);
}

export function createList(kit: Kit): () => void {
  const said = kit.glossary.add(texts);
  const list = h("ul", "items");
  const backButton = iconButton("back", "icon", BACK, close);
  const title = h("h2", "", [], { id: "cg-list" });
  const beginButton = button("begin", "chip accent", "", () => void open(uuid()));
  const page = h("section", "page", [
    h("div", "head", [backButton, title]),
    list,
    h("div", "foot", [beginButton]),
  ]);
  page.hidden = true;
  page.ariaLabel = said.list;
  kit.root.adoptedStyleSheets.push(sheetOf(css));
  kit.panel.append(page);

  function close(): void {
    if (page.hidden) return;
    page.hidden = true;
    for (const each of kit.panel.children) (each as HTMLElement).inert = false;
    kit.panel.querySelector<HTMLElement>("[data-action=list]")!.focus();
  }

  async function open(conversation: string): Promise<void> {
    close();
    try {
      await kit.session.reopen({ conversation });
    } catch (error) {
      kit.tell((error as Error).message);
    }
  }

  async function remove(item: ConversationItem, row: HTMLElement): Promise<void> {
    try {
      await kit.session.command("conversations/delete", { conversation: item.id });
      row.remove();
      backButton.focus();
      if (!list.firstChild) showEmpty();
      if (item.id === kit.info()!.conversation) await kit.session.reopen({ conversation: uuid() });
    } catch (error) {
      kit.tell((error as Error).message);
    }
  }

  function showEmpty(): void {
    list.replaceChildren(h("li", "empty", [said.empty]));
  }

  function confirm(item: ConversationItem, row: HTMLElement): void {
    const before = [...row.children];
    const cancel = () => {
      row.replaceChildren(...before);
      row.querySelector<HTMLElement>("[data-action=remove]")!.focus();
    };
    const question = words("p", "name", said.sure);
    const yes = button("delete", "chip danger", said.remove, () => void remove(item, row));
    const no = button("keep", "chip", said.keep, cancel);
    row.replaceChildren(question, yes, no);
    no.focus();
    kit.announce(said.sure);
  }

  function rowOf(item: ConversationItem): HTMLElement {
    const name = words("span", "name", item.title || said.untitled);
    const time = h("span", "time", [timeText(item.at, kit.lang())]);
    const opener = h("button", "opener", [name, time], { type: "button", "data-action": "choose" });
    const bin = iconButton("remove", "icon", BIN, () => confirm(item, row));
    const row = h("li", "item", [opener, bin]);
    bin.title = said.remove;
    opener.onclick = () => void open(item.id);
    if (item.id === kit.info()!.conversation) opener.setAttribute("aria-current", "true");
    if (item.unread) time.before(h("span", "dot", [], { role: "img", "aria-label": said.unread }));
    return row;
  }

  async function show(): Promise<void> {
    const { items } = await kit.session.command<{ items: ConversationItem[] }>("conversations");
    title.textContent = said.list;
    backButton.title = said.back;
    beginButton.textContent = said.begin;
    list.replaceChildren(...items.map(rowOf));
    if (!items.length) showEmpty();
    for (const each of kit.panel.children) (each as HTMLElement).inert = each !== page;
    page.hidden = false;
    backButton.focus();
  }

  page.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    event.preventDefault();
    close();
  });
  return () => void show().catch((error: unknown) => kit.tell((error as Error).message));
}
