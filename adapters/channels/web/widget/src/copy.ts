import { icon, iconButton } from "./dom";
import type { Kit } from "./kit";
import type { MoreTexts } from "./more-texts";

const COPY = "M9 9h11v11H9zM15 9V4H4v11h5";
const DONE = "M5 12l5 5 9-10";
const SHOWN_MS = 2000;

// Pages that are not served securely have no clipboard, but they can copy what is selected.
function copySelected(text: string, kit: Kit): boolean {
  const field = document.createElement("textarea");
  field.className = "sr";
  field.value = text;
  kit.panel.append(field);
  field.select();
  const isDone = document.execCommand("copy");
  field.remove();
  return isDone;
}

async function copy(text: string, kit: Kit): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copySelected(text, kit);
  }
}

export function copyButton(text: () => string, texts: MoreTexts, kit: Kit): HTMLElement {
  const element = iconButton("copy", "small", COPY, () => void press());
  element.title = texts.copy;

  async function press(): Promise<void> {
    const isDone = await copy(text(), kit);
    element.focus();
    kit.announce(isDone ? texts.copied : texts.notCopied);
    if (!isDone) return;
    element.replaceChildren(icon(DONE));
    setTimeout(() => element.replaceChildren(icon(COPY)), SHOWN_MS);
  }

  return element;
}

// Each block of code that has none gets its button.
export function addCopyButtons(text: HTMLElement, texts: MoreTexts, kit: Kit): void {
  for (const block of text.querySelectorAll(".code:not(:has(button))")) {
    const code = block.firstElementChild!;
    block.append(copyButton(() => code.textContent!, texts, kit));
  }
}
