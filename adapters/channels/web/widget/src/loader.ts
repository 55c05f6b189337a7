import { completed } from "./options";
import { createWidget, type Widget } from "./widget";

type Call = [keyof Widget, ...unknown[]];

declare global {
  interface Window {
    ChatGateway?: Partial<Widget> & { q?: unknown };
  }
}

function begin({ dataset, src }: HTMLScriptElement): void {
  const early = window.ChatGateway;
  if (early?.version) return console.warn("Chat Gateway is here already");
  const widget = createWidget(completed(dataset, src), src);

  function run([method, ...args]: Call): void {
    (widget[method] as undefined | ((...args: unknown[]) => void))?.(...args);
  }

  function destroy(): void {
    widget.destroy();
    delete window.ChatGateway;
  }

  window.ChatGateway = { ...widget, destroy, q: { push: run } };
  ((early?.q as Call[] | undefined) ?? []).forEach(run);
}

begin(document.currentScript as HTMLScriptElement);
