import { createComposer } from "./composer";
import { askedIn, type Conversation, EMPTY, isStreaming, isWaiting } from "./conversation";
import { button, h, icon, words } from "./dom";
import { showMarkdown } from "./markdown";
import { chips, createMessageList, NEW_COMMAND } from "./messages";
import type { Options } from "./options";
import { followEnd } from "./scroll";
import { createSession } from "./session";
import { panelSheet } from "./style";
import { panelTexts } from "./texts";
import type { Emit, Ended, SessionInfo } from "./wire";

const CLOSE = "M6 6l12 12M18 6L6 18";
const NEW = "M12 5H5v14h14v-7M10 14l9.5-9.5";

export interface Panel {
  open(): void;
  close(): void;
  send(text: string): void;
}

export interface PanelPort {
  emit: Emit;
  close(): void;
}

const FRAMES = { bubble: "div", inline: "section", full: "main" } as const;

export function mount(root: ShadowRoot, options: Options, port: PanelPort): Panel {
  const { api, lang, mode } = options;
  const texts = panelTexts(lang);
  const isBubble = mode === "bubble";
  let finished = "";
  let conversation = EMPTY;
  let isDrawing = false;
  let isOpened = false;

  const title = h(mode === "full" ? "h1" : "h2", "", [], { dir: "auto" });
  const freshButton = button("new", "icon", icon(NEW), () => send(NEW_COMMAND), texts.fresh);
  const closeButton = button("close", "icon", icon(CLOSE), port.close, texts.close);
  const opening = h("div", "opening");
  const list = h("div", "list");
  const waiting = words("p", "status", texts.thinking);
  const content = h("div", "content", [opening, list, waiting]);
  const log = h("div", "log", [content], { role: "log", "aria-live": "off", tabindex: "0" });
  const line = h("p", "line", [], { role: "status", dir: "auto" });
  const announcer = h("div", "sr", [], { role: "status" });
  const composer = createComposer(texts, { send, stop });
  const panel: HTMLElement = h(
    FRAMES[mode],
    "panel",
    [
      h("header", "", [title, freshButton, closeButton]),
      log,
      line,
      composer.element,
      announcer,
    ],
    { lang },
  );
  if (isBubble) panel.role = "dialog";
  closeButton.hidden = !isBubble;

  const showMessages = createMessageList(list, { texts, api, send, askAgain });
  const toEnd = followEnd(log, content);
  const session = createSession(options, {
    opened,
    changed,
    ended,
    connection(isUp) {
      line.textContent = isUp ? "" : texts.reconnecting;
    },
    refused(message) {
      line.textContent = message;
      line.classList.add("refused");
      composer.element.inert = true;
      port.emit("error", message);
    },
  });

  function setTitle(text: string): void {
    title.textContent = panel.ariaLabel = text || "Chat";
  }

  function opened(info: SessionInfo): void {
    setTitle(options.title || info.title);
    composer.field.maxLength = info.limits.text;
    if (isOpened) return;
    isOpened = true;
    if (!info.history.length) showOpening(info);
    port.emit("ready");
  }

  function showOpening({ opening: greeting, suggestions }: SessionInfo): void {
    const text = words("div", "text");
    showMarkdown(text, greeting);
    opening.append(text, chips(suggestions, send));
  }

  function ended(end: Ended): void {
    finished = end.turn;
    port.emit("message", end);
  }

  // Many events may come within one frame: they are drawn together.
  function changed(next: Conversation): void {
    conversation = next;
    if (!isDrawing) requestAnimationFrame(draw);
    isDrawing = true;
  }

  function draw(): void {
    isDrawing = false;
    const isRunning = isStreaming(conversation);
    showMessages(conversation);
    waiting.hidden = isRunning || !isWaiting(conversation);
    composer.stopButton.hidden = waiting.hidden && !isRunning;
    freshButton.disabled = !list.firstChild;
    if (list.firstChild) opening.querySelector(".chips")?.remove();
    announce();
  }

  // A finished answer is said once; the words that trickle in before are not.
  function announce(): void {
    const text = finished && list.querySelector(`.bot[data-turn="${finished}"] .text`);
    if (text) announcer.textContent = text.textContent;
    finished = "";
  }

  function send(text: string, id?: string): void {
    session.send(text, id);
    toEnd();
  }

  function askAgain(turn: string): void {
    const asked = askedIn(conversation, turn);
    if (asked) send(asked);
  }

  function stop(): void {
    session.stop().catch(console.error);
  }

  function show(isShown: boolean): void {
    panel.hidden = !isShown;
    if (isShown) session.follow();
    else session.rest();
  }

  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && isBubble && !event.isComposing) port.close();
  });
  setTitle(options.title);
  panel.hidden = true;
  root.adoptedStyleSheets.push(panelSheet);
  root.append(panel);

  return {
    open() {
      show(true);
      toEnd();
      draw();
      // On a touch screen the keyboard would cover the answer to a question not yet asked.
      if (mode !== "inline" && matchMedia("(pointer: fine)").matches) composer.field.focus();
    },
    close: () => show(false),
    send,
  };
}
