import { button, icon } from "./dom";
import { createHost } from "./host";
import { type Options, readOptions } from "./options";
import type { mount, Panel } from "./panel";
import { launcherTexts } from "./texts";

type Listener = (detail: unknown) => void;
type Call = [string, ...unknown[]];

const BUBBLE = "M4 5h16v11H12l-5 4v-4H4z";
const DOWN = "M6 9l6 6 6-6";

const script = (document.currentScript ??
  document.querySelector("script[data-key][src*='w.js']")) as HTMLScriptElement;

function createEmitter() {
  const listeners: [string, Listener][] = [];
  return {
    on: (event: string, listener: Listener) => void listeners.push([event, listener]),
    off(event: string, listener: Listener) {
      const at = listeners.findIndex(([name, known]) => name === event && known === listener);
      if (at >= 0) listeners.splice(at, 1);
    },
    emit(event: string, detail?: unknown) {
      for (const [name, listener] of [...listeners]) {
        try {
          if (name === event) listener(detail);
        } catch (error) {
          console.error(error);
        }
      }
    },
  };
}

// Some browsers remember a module that failed to load: the next try needs another address.
function createLoader(file: string): () => Promise<{ mount: typeof mount }> {
  let tries = 0;
  return () => import(tries++ ? `${file}?${tries}` : file);
}

function start(options: Options, parent: Element, earlier: Call[]): void {
  const { on, off, emit } = createEmitter();
  const texts = launcherTexts(options.lang);
  const root = createHost(options, parent);
  const loadPanel = createLoader(new URL(PANEL_FILE, script.src).href);
  let panel: Promise<Panel> | undefined;
  let isOpen = false;
  const launcher = button("open", "launcher", "", toggle);

  function showState(): void {
    launcher.ariaExpanded = String(isOpen);
    launcher.ariaLabel = isOpen ? texts.close : texts.open;
    launcher.replaceChildren(icon(isOpen ? DOWN : BUBBLE));
  }

  function load(): Promise<Panel> {
    panel ??= loadPanel().then(({ mount }) => mount(root, options, { emit, close }));
    return panel;
  }

  function fail(error: unknown): void {
    panel = undefined;
    isOpen = false;
    showState();
    console.error(error);
    emit("error", error);
  }

  async function open(): Promise<void> {
    if (isOpen) return;
    isOpen = true;
    showState();
    try {
      const loaded = await load();
      if (!isOpen) return;
      loaded.open();
      emit("open");
    } catch (error) {
      fail(error);
    }
  }

  function close(): void {
    if (!isOpen) return;
    isOpen = false;
    showState();
    void panel?.then((loaded) => loaded.close(), () => {});
    launcher.focus();
    emit("close");
  }

  function toggle(): void {
    if (isOpen) close();
    else void open();
  }

  async function send(text: string): Promise<void> {
    await open();
    (await panel)?.send(text);
  }

  function destroy(): void {
    void panel?.then((loaded) => loaded.close(), () => {});
    root.host.remove();
    delete window.ChatGateway;
  }

  const api = { version: VERSION, open, close, toggle, send, on, off, destroy };

  function run([method, ...args]: Call): void {
    (api as Record<string, unknown> as Record<string, (...args: unknown[]) => void>)[method]?.(
      ...args,
    );
  }

  showState();
  if (options.mode === "bubble") root.append(launcher);
  window.ChatGateway = { ...api, q: { push: run } };
  earlier.forEach(run);
  if (options.isOpen || options.mode !== "bubble") void open();
}

declare global {
  interface Window {
    ChatGateway?: { version?: string; q?: unknown };
  }
}

function begin(): void {
  const waiting = window.ChatGateway;
  if (waiting?.version) return;
  const options = readOptions(script);
  const parent = options.target ? document.querySelector(options.target) : document.body;
  if (!parent) return console.error(`Chat Gateway: nothing on this page is ${options.target}`);
  start(options, parent, (waiting?.q as Call[] | undefined) ?? []);
}

if (document.body) begin();
else addEventListener("DOMContentLoaded", begin);
