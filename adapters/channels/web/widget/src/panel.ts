import { createComposer } from "./composer";
import { askedIn, type Conversation, EMPTY, isStreaming, isWaiting } from "./conversation";
import { isAboutIdentity, type Refusal, storageName } from "./client";
import { h, iconButton, words } from "./dom";
import { CLOSE, DOWN, LIST, NEW } from "./icons";
import type { Kit } from "./kit";
import { chips, createMessageList, type MessageContext, NEW_COMMAND } from "./messages";
import { showOpening } from "./opening";
import { createParts } from "./parts";
import type { Change, Mount } from "./port";
import { followEnd } from "./scroll";
import { createSession } from "./session";
import { panelSheet } from "./style";
import { createGlossary, directionOf, label } from "./texts";
import { createTyping } from "./typing";
import { uuid } from "./uuid";
import { createWindow } from "./window";
import type { Ended, FileLink, SessionInfo } from "./wire";

export const mount: Mount = (root, options, port) => {
  const { api, mode, lang, dir, title: ownTitle, texts: own } = options;
  const name = storageName(options);
  const glossary = createGlossary(lang);
  const { texts } = glossary;
  const change: Change = { lang, dir, title: ownTitle };
  // Those that have an address come later.
  if (typeof own === "object") change.texts = own;
  let conversation = EMPTY;
  let info: SessionInfo | undefined;
  let user = "";
  let shown = "";
  let finished = "";
  let isDrawing = false;

  const title = h(mode === "full" ? "h1" : "h2", "", [], { dir: "auto" });
  const listButton = iconButton("list", "icon", LIST, () => parts.list());
  const newButton = iconButton("new", "icon", NEW, begin);
  const closeButton = iconButton("close", "icon", CLOSE, () => view.close());
  const opening = h("div", "opening");
  const list = h("div", "list");
  const waiting = words("p", "status");
  const content = h("div", "content", [opening, list, waiting]);
  const log = h("div", "log", [content], { role: "log", "aria-live": "off", tabindex: "0" });
  const endButton = iconButton("latest", "round latest", DOWN, () => toEnd(true));
  const line = h("p", "line", [], { role: "status", dir: "auto" });
  const announcer = h("div", "sr", [], { role: "status" });
  const tell = (text: string) => void (line.textContent = text);
  const announce = (text: string) => void (announcer.textContent = text);
  const composer = createComposer({
    send: sayIt,
    stop: () => void session.stop().catch(console.error),
  });
  const view = createWindow(mode, port.close, [
    h("header", "", [listButton, title, newButton, closeButton]),
    log, endButton, line, composer.element, announcer,
  ]);
  const { panel } = view;
  closeButton.hidden = mode !== "bubble" && mode !== "frame";

  const context: MessageContext = {
    texts,
    loadExtras: () => void parts.more(),
    send: choose,
    retry: ({ id, text, files }) => sayIt(text, files, id),
    askAgain,
  };
  let showMessages = createMessageList(list, context);
  const toEnd = followEnd(log, content, endButton);
  const typing = createTyping(draw);
  const session = createSession(options, {
    opened, changed, ended, refused,
    typing: typing.hear,
    connection: (isUp, error) =>
      tell(isUp ? "" : error?.status === 429 ? error.message! : texts.reconnecting),
    challenged: (challenge) =>
      new Promise((solve) => port.emit("challenge", { ...challenge, solve })),
    deliver: (said) => parts.deliver(said),
  });
  const kit: Kit = {
    root, panel, log, composer, glossary, session, api, announce, tell,
    unsentName: `${name}:unsent`,
    lang: () => change.lang!,
    info: () => info, send: sayIt,
    load: (file) => parts.load(file),
  };
  const parts = createParts(kit, (extras) => {
    context.extras = extras;
    draw();
  });

  function speak(): void {
    const { lang = "", dir } = change;
    glossary.use(lang, info?.texts, change.texts);
    label(panel, texts);
    panel.lang = lang;
    const host = root.host as HTMLElement;
    host.dir = host.style.direction = dir || directionOf(lang);
    title.textContent = panel.ariaLabel = change.title || info?.title || "Chat";
  }

  function opened(now: SessionInfo): void {
    const before = info;
    const place = [now.visitor, now.conversation, !now.form].join();
    info = now;
    // What somebody who was known has written is nobody else's.
    if (before?.user && before.visitor !== now.visitor) forget();
    composer.keepAs(`${name}:${now.visitor}:draft`);
    speak();
    line.classList.remove("refused");
    composer.element.inert = false;
    composer.element.hidden = !!now.form;
    composer.field.maxLength = now.limits.text;
    listButton.hidden = !now.conversations;
    if (place !== shown) enter(now);
    shown = place;
    parts.opened(now);
    if (!before) port.emit("ready");
    port.session?.(now);
    const person = JSON.stringify(now.user ?? "");
    if (person !== user && (before || now.user)) port.emit("identity", { user: now.user });
    user = person;
  }

  // Another conversation than the one that was shown.
  function enter({ history, conversation: id, ...now }: SessionInfo): void {
    list.replaceChildren();
    showMessages = createMessageList(list, context);
    opening.replaceChildren();
    if (!history[0]) {
      const offers = now.form ? [] : [chips(now.suggestions, choose)];
      showOpening(opening, now.opening, offers, (text) => {
        void parts.more().then(() => context.extras?.text(text, now.opening));
      });
    }
    toEnd();
    if (id) port.emit("conversation", id);
  }

  function refused(refusal: Refusal): void {
    const { message, code } = refusal;
    tell(message);
    line.classList.add("refused");
    composer.element.inert = true;
    if (isAboutIdentity(refusal)) port.emit("identity", { error: code, message });
    port.emit("error", message);
  }

  function ended(end: Ended): void {
    // As it is shown in the end, without the signs of its markup.
    void parts.more().then(() => {
      finished = end.turn;
      changed(conversation);
    });
    typing.end();
    if (view.isShown()) read();
    port.emit("message", end);
  }

  // What has been seen is told to the gateway only where a list shows it.
  function read(): void {
    if (!info?.conversations) return;
    session.command("read", { cursor: session.cursor() }).catch(console.error);
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
    const isAsked = isWaiting(conversation);
    showMessages(conversation);
    waiting.hidden = isRunning || !(isAsked || typing.isOn());
    waiting.textContent = isAsked ? texts.thinking : texts.typing;
    composer.stopButton.hidden = !isAsked && !isRunning;
    newButton.disabled = !list.firstChild;
    if (list.firstChild) opening.querySelector(".chips")?.remove();
    const text = finished && list.querySelector(`.bot[data-turn="${finished}"] .text`);
    // A finished answer is said once; the words that trickle in before are not.
    if (text) announce(text.textContent!);
    finished = "";
  }

  function sayIt(text: string, files?: readonly FileLink[], id?: string): void {
    session.send(text, id, files);
    toEnd();
  }

  // What is pressed goes away: the keyboard's place must not go with it.
  function choose(text: string): void {
    sayIt(text);
    view.focus(composer.field);
  }

  function begin(): void {
    if (info?.conversations) reopen({ conversation: uuid() });
    else choose(NEW_COMMAND);
  }

  function askAgain(turn: string): void {
    const asked = askedIn(conversation, turn);
    if (asked) choose(asked);
  }

  function reopen(ask: typeof session.ask): void {
    session.reopen(ask).catch(console.error);
  }

  function someoneElse(ask: typeof session.ask): void {
    reopen({ conversation: undefined, ...ask });
    if (view.isShown()) session.follow();
  }

  function forget(): void {
    composer.write("");
    composer.attachments?.clear();
    panel.querySelector<HTMLElement>("[data-action=back]")?.click();
  }

  function reset(): void {
    forget();
    someoneElse({ token: undefined, identity: undefined });
  }

  composer.field.addEventListener("input", () => void parts.write());
  speak();
  root.adoptedStyleSheets.push(panelSheet);
  root.append(panel);
  return {
    open(isAgain) {
      view.show(true);
      session.follow();
      toEnd();
      draw();
      read();
      // Once it has been laid out: to lay it out for this alone costs time.
      if (mode !== "inline" && !isAgain) {
        requestAnimationFrame(() => setTimeout(() => view.focus(composer.field)));
      }
    },
    close() {
      view.show(false);
      // Who has begun to talk is told of what is answered meanwhile.
      if (!list.firstChild) session.rest();
    },
    destroy() {
      session.rest();
      panel.remove();
    },
    watch: session.follow,
    send: sayIt,
    prefill: composer.write,
    identify(given) {
      if (!given) return reset();
      someoneElse({ identity: (given as { token?: string }).token ?? given, merge: true });
    },
    reset,
    update(next) {
      const { lang } = Object.assign(change, next);
      speak();
      if (next.lang && info) reopen({ lang });
    },
  };
};
