import { button, h, icon } from "./dom";
import type { Texts } from "./texts";

const SEND = "M12 19V5M6 11l6-6 6 6";
// A square, filled line by line.
const STOP = "M8 9h8M8 10.5h8M8 12h8M8 13.5h8M8 15h8";
const TALLEST_PX = 160;
const COMPOSING = 229;

export interface Composer {
  readonly element: HTMLElement;
  readonly field: HTMLTextAreaElement;
  readonly stopButton: HTMLElement;
}

// Enter belongs to the input method while it composes a word.
function isComposing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === COMPOSING;
}

export function createComposer(
  texts: Texts,
  actions: { send(text: string): void; stop(): void },
): Composer {
  const field = h("textarea", "", [], {
    name: "message",
    rows: "1",
    dir: "auto",
    placeholder: texts.placeholder,
    "aria-label": texts.placeholder,
  });
  const sendButton = button("send", "round accent", icon(SEND), submit, texts.send);
  const stopButton = button("stop", "round", icon(STOP), stop, texts.stop);
  const element = h("div", "composer", [field, stopButton, sendButton]);
  stopButton.hidden = true;

  function fit(): void {
    field.style.height = "auto";
    field.style.height = `${Math.min(field.scrollHeight, TALLEST_PX)}px`;
  }

  function submit(): void {
    const text = field.value.trim();
    if (!text) return;
    actions.send(text);
    field.value = "";
    fit();
    field.focus();
  }

  // The button is about to go away: the keyboard's place must not go with it.
  function stop(): void {
    actions.stop();
    field.focus();
  }

  field.addEventListener("input", fit);
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || isComposing(event)) return;
    event.preventDefault();
    submit();
  });

  return { element, field, stopButton };
}
