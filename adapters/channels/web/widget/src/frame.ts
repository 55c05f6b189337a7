// The panel in a document of its own: the page's scripts and styles do not reach it.
import { h } from "./dom";
import type { Mount, Panel, PanelPort } from "./port";
import { panelSheet } from "./style";
import { createWindow } from "./window";
import type { SessionInfo } from "./wire";

type Call = [name: string, ...args: unknown[]];

function hear(port: PanelPort, send: (...call: Call) => void, [name, detail]: Call): void {
  if (name === "close") port.close();
  else if (name === "session") port.session?.(detail as SessionInfo);
  else if (name === "challenge") {
    port.emit(name, { ...(detail as object), solve: (given: unknown) => send("solve", given) });
  } else port.emit(name, detail);
}

export const mount: Mount = (root, options, port) => {
  const { api, key, title } = options;
  const src = `${api}w/${encodeURIComponent(key)}/frame`;
  const allow = "microphone; clipboard-write";
  const frame = h("iframe", "", [], { src, title: title || "Chat", allow });
  const view = createWindow("bubble", port.close, [frame]);
  const waiting: Call[] = [];
  let line: MessagePort | undefined;

  function send(...call: Call): void {
    if (line) line.postMessage(call);
    else waiting.push(call);
  }

  // Only the gateway's page gets the other end of the line; nobody else can speak on it.
  frame.onload = () => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }: MessageEvent<Call>) => hear(port, send, data);
    const { lang, dir, theme, accent } = options;
    const said = { lang, dir, theme, accent, title };
    frame.contentWindow!.postMessage(said, new URL(api).origin, [port2]);
    line = port1;
    for (const call of waiting.splice(0)) send(...call);
  };

  Object.assign(frame.style, { flex: "1", border: "0" });
  root.adoptedStyleSheets.push(panelSheet);
  root.append(view.panel);
  view.panel.ariaLabel = frame.title;

  const panel: Panel = {
    open() {
      view.show(true);
      send("open");
      view.focus(frame);
    },
    close() {
      view.show(false);
      send("close");
    },
    destroy: () => view.panel.remove(),
    watch: () => send("watch"),
    send: (text) => send("send", text),
    prefill: (text) => send("prefill", text),
    identify: (identity) => send("identify", identity),
    reset: () => send("reset"),
    update: (change) => send("update", change),
  };
  return panel;
};
