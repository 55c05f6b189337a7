import { icon } from "./dom";
import { createHost, dress } from "./host";
import { isOn, type Options } from "./options";
import type { Change, Identity, Mount, Panel } from "./port";
import { recall } from "./storage";
import type { Watch } from "./watch";
import type { Ended, SessionInfo } from "./wire";

type Listener = (detail: never) => void;
type Ask = (panel: Panel) => void;

const ignore = () => {};
export const EVENT = "chat-gateway:";
const BUBBLE = "M4 5h16v11H12l-5 4v-4H4z";
const DOWN = "M6 9l6 6 6-6";

// What the part that watches knows of the widget.
export interface Core {
  readonly root: ShadowRoot;
  readonly launcher: HTMLButtonElement;
  readonly options: Options;
  // Under which the browser keeps what is kept.
  readonly keptAs: string;
  // What the launcher's name ends with while it is closed.
  suffix: string;
  isOpen: boolean;
  open(): void;
  load(): Promise<Panel>;
  update(change: Partial<Options>): void;
  emit(event: string, detail?: unknown): void;
  showState(): void;
}

// One widget on a page. `files` is where its parts are.
export function createWidget(options: Options, files: string) {
  const root = createHost();
  const { host } = root;
  const { mode, texts } = options;
  const hasLauncher = !/inline|full/.test(mode);
  const mayKeep = options.consent !== "wait";
  const launcher = document.createElement("button");
  const heard = new WeakMap<Listener, EventListener>();
  const asked: Ask[] = [];
  let panel: Promise<Panel> | undefined;
  let watcher: Promise<ReturnType<Watch>> | undefined;
  let info: SessionInfo | undefined;
  let before: Element | null;
  let tries = 0;

  function emit(event: string, detail?: unknown): void {
    host.dispatchEvent(new CustomEvent(EVENT + event, { detail, bubbles: true }));
  }

  function showState(): void {
    const { isOpen, suffix } = core;
    dress(host, options);
    const { chat } = (options.texts ?? {}) as Record<string, string>;
    launcher.ariaExpanded = `${isOpen}`;
    // The word is the same in most languages; that it is open, the state says.
    launcher.ariaLabel = (chat ?? "Chat") + suffix;
    launcher.replaceChildren(icon(isOpen ? DOWN : BUBBLE));
  }

  // Some browsers remember a module that failed to load: each try has another address.
  function part<Part>(file: string): Promise<Part> {
    const address: unknown = new URL(`${file}#${tries++}`, files);
    return import(address as string) as Promise<Part>;
  }

  // Unread answers and what is said unasked: not needed to open, read and write.
  function watch(end?: Ended): void {
    watcher ??= part<{ watch: Watch }>(WATCH_FILE).then(({ watch }) => watch(core));
    watcher.then((heed) => heed(info, end), () => (watcher = undefined));
  }

  function opened(now: SessionInfo): void {
    info = now;
    if (watcher || info.theme || info.proactive || info.history[0]) watch();
  }

  function said(event: string, detail: unknown): void {
    emit(event, detail);
    if (event === "message") watch(detail as Ended);
  }

  function load(): Promise<Panel> {
    panel ??= part<{ mount: Mount }>(mode === "frame" ? FRAME_FILE : PANEL_FILE)
      .then(({ mount }) => {
        const loaded = mount(root, options, { emit: said, close, session: opened });
        loaded.update(options as Change);
        asked.forEach((ask) => ask(loaded));
        return loaded;
      })
      .catch((error: unknown) => {
        panel = undefined;
        turn(false);
        console.error(error);
        emit("error", error);
        throw error;
      });
    return panel;
  }

  // What is asked of a panel that is not there yet is done when it is.
  function tell(ask: Ask): void {
    if (panel) panel.then(ask, ignore);
    else asked.push(ask);
  }

  function turn(isOpen: boolean): void {
    core.isOpen = isOpen;
    showState();
  }

  function open(): void {
    if (core.isOpen) return;
    before = document.activeElement;
    turn(true);
    load().then((loaded) => {
      if (!core.isOpen) return;
      loaded.open();
      emit("open");
    }, ignore);
  }

  function close(): void {
    if (!core.isOpen) return;
    const wasWithin = root.activeElement;
    turn(false);
    tell((loaded) => {
      loaded.close();
      if (wasWithin) (launcher.hidden ? (before as HTMLElement) : launcher).focus();
    });
    emit("close");
    watch();
  }

  function toggle(): void {
    if (core.isOpen) close();
    else open();
  }

  function update(change: Partial<Options>): void {
    Object.assign(options, change);
    showState();
    tell((loaded) => loaded.update(change as Change));
  }

  // Where a page swaps its body, the widget goes on in the new one.
  function settle(): void {
    if (host.isConnected) return;
    const place = options.target ? document.querySelector(options.target) : document.body;
    place?.append(host);
    if (core.isOpen) tell((loaded) => loaded.open(true));
  }

  const observer = new MutationObserver(settle);
  const core: Core = {
    root,
    launcher,
    options,
    keptAs: `${EVENT}${options.api}:${options.key}`,
    suffix: "",
    isOpen: false,
    open,
    load,
    update,
    emit,
    showState,
  };

  Object.assign(launcher, { className: "launcher", part: "launcher", onclick: toggle });
  launcher.dataset.action = "open";
  if (hasLauncher) root.append(launcher);
  showState();
  observer.observe(document, { childList: true, subtree: true });
  settle();
  if (!hasLauncher || (mayKeep && isOn(options.open))) open();
  if (texts || (mayKeep && (isOn(options.proactive) || recall("localStorage", core.keptAs)))) watch();

  return {
    version: VERSION,
    open,
    close,
    toggle,
    update,
    on(event: string, listener: Listener): void {
      const hear: EventListener =
        heard.get(listener) ?? ((said) => listener((said as CustomEvent).detail as never));
      heard.set(listener, hear);
      host.addEventListener(EVENT + event, hear);
    },
    off(event: string, listener: Listener): void {
      host.removeEventListener(EVENT + event, heard.get(listener)!);
    },
    show() {
      launcher.hidden = false;
    },
    hide() {
      launcher.hidden = true;
    },
    send(text: string): void {
      open();
      tell((loaded) => loaded.send(text));
    },
    prefill: (text: string) => tell((loaded) => loaded.prefill(text)),
    identify: (identity: Identity | null) => tell((loaded) => loaded.identify(identity)),
    setLang: (lang: string) => update({ lang }),
    setTheme: (theme: string) => update({ theme }),
    // What was kept goes even where nothing is open; where nothing was, nothing is asked for.
    reset(): void {
      tell((loaded) => loaded.reset());
      if (recall("localStorage", core.keptAs)) load().catch(ignore);
    },
    destroy(): void {
      observer.disconnect();
      tell((loaded) => loaded.destroy());
      host.remove();
    },
  };
}

export type Widget = ReturnType<typeof createWidget>;
