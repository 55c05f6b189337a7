import { h } from "./dom";
import type { Mode } from "./options";

const FRAMES = { bubble: "dialog", inline: "section", full: "main" } as const;

// The panel as a window of the page: on a small screen it fills it, and then nothing else of the
// page can be reached.
export function createWindow(mode: Mode, closed: () => void, children: Iterable<Node>) {
  const panel: HTMLElement = h(FRAMES[mode as keyof typeof FRAMES] ?? "main", "panel", children);
  const small = matchMedia("(max-width: 480px), (max-height: 480px)");
  let isShown = false;

  // A dialog that is shown takes the keyboard at once, for which all must be laid out: one that is
  // not modal only becomes open.
  function show(shown: boolean): void {
    isShown = shown;
    panel.hidden = !shown;
    const dialog = panel as HTMLDialogElement;
    dialog.close?.();
    if (shown && small.matches) dialog.showModal?.();
    else dialog.open = shown;
  }

  // Away at once: until then nothing else on the page takes the keyboard.
  function close(): void {
    show(false);
    closed();
  }

  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && (mode === "bubble" || mode === "frame") && !event.isComposing) close();
  });
  // What is written here is not for the page's keys, nor the focus for its dialogs.
  for (const type of ["keydown", "keypress", "keyup", "focusin"]) {
    panel.addEventListener(type, (event) => event.stopPropagation());
  }
  panel.addEventListener("cancel", (event) => {
    event.preventDefault();
    close();
  });
  small.addEventListener("change", () => {
    const { activeElement } = panel.getRootNode() as ShadowRoot;
    show(isShown);
    (activeElement as HTMLElement | null)?.focus();
  });
  panel.hidden = true;
  for (const element of [panel, ...panel.children]) {
    element.setAttribute("part", element.className || element.localName);
  }

  return {
    panel,
    show,
    close,
    isShown: () => isShown,
    // On a touch screen the keyboard would cover what there is to read.
    focus(element: HTMLElement): void {
      (matchMedia("(pointer: fine)").matches ? element : (panel.children[1] as HTMLElement)).focus();
    },
  };
}
