import { createHost } from "./host";
import { readOptions } from "./options";
import type { mount } from "./panel";

const script = [...document.scripts].find(({ src }) => src === import.meta.url);

async function begin(tag: HTMLScriptElement): Promise<void> {
  const options = { ...readOptions(tag), mode: "full" as const };
  const root = createHost(options, document.body);
  const file = new URL(PANEL_FILE, import.meta.url).href;
  const panel = (await import(file)) as { mount: typeof mount };
  panel.mount(root, options, { emit() {}, close() {} }).open();
}

if (script) void begin(script);
