// The gateway's own pages: the hosted one, and the one that lies in a frame of a site's page.
import { createHost, dress } from "./host";
import { completed, type Options } from "./options";
import { createTheme } from "./theme";
import type { Change, Mount, Panel, PanelPort } from "./port";
import type { Ended, SessionInfo } from "./wire";

type Call = [name: string, ...args: unknown[]];

const script = [...document.scripts].find(({ src }) => src === import.meta.url)!;

async function show(options: Options, port: PanelPort): Promise<Panel> {
  const dressed = { ...options, mode: "full" as const };
  const root = createHost();
  const wear = createTheme(root);
  document.body.append(root.host);
  const { href } = new URL(PANEL_FILE, script.src);
  const { mount } = (await import(href)) as { mount: Mount };

  function session(info: SessionInfo): void {
    wear(info.theme);
    port.session?.(info);
  }

  const panel = mount(root, options, { ...port, session });
  function update(change: Change): void {
    Object.assign(dressed, change);
    dress(root.host, dressed);
    panel.update(change);
  }
  update(options as Change);
  return { ...panel, update };
}

// What is said stays in the frame: the page is told that there was something, and when.
function told(event: string, detail: unknown): unknown {
  if (event === "message") {
    const { turn, state, at } = detail as Ended;
    return { turn, state, at };
  }
  if (event !== "session") return detail;
  const { theme, proactive, history } = detail as SessionInfo;
  return { theme, proactive, history: history.map(({ kind, at }) => ({ kind, at })) };
}

function framed(options: Options, line: MessagePort): void {
  let solve: ((given: unknown) => void) | undefined;

  function emit(event: string, detail?: unknown): void {
    if (event === "challenge") {
      const { solve: solved, ...challenge } = detail as { solve: typeof solve };
      solve = solved;
      detail = challenge;
    }
    line.postMessage([event, told(event, detail)]);
  }

  const close = () => emit("close");
  const shown = show(options, { emit, close, session: (info) => emit("session", info) });
  line.onmessage = async ({ data: [name, ...args] }: MessageEvent<Call>) => {
    const panel = await shown;
    if (name === "solve") solve?.(args[0]);
    else if (Object.hasOwn(panel, name)) {
      (panel[name as keyof Panel] as (...args: unknown[]) => void)(...args);
    }
  };
}

// Which pages may have it in a frame, the gateway has said in this page's own policy. The first
// word is the page's: it brings the line that all others come on.
function waitForPage(options: Options): void {
  const listening = new AbortController();
  addEventListener(
    "message",
    ({ source, data, ports: [line] }: MessageEvent<Partial<Options>>) => {
      if (source !== parent || !line) return;
      listening.abort();
      const { lang, dir = "", theme = "auto", accent = "", title } = data;
      const words = { lang: lang ?? options.lang, title: title || options.title };
      framed({ ...options, ...words, dir, theme, accent, mode: "frame" }, line);
    },
    { signal: listening.signal },
  );
}

const options = completed(script.dataset, script.src);
if (options.mode === "frame" && parent !== window) waitForPage(options);
else {
  const alone = show({ ...options, mode: "full" }, { emit() {}, close() {} });
  void alone.then((panel) => panel.open());
}
