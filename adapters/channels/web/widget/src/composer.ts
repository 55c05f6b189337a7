import { h, iconButton } from "./dom";
import { keep, recall } from "./storage";
import type { FileLink } from "./wire";

const SEND = "M12 19V5M6 11l6-6 6 6";
// A square, filled line by line.
const STOP = "M8 9h8M8 10.5h8M8 12h8M8 13.5h8M8 15h8";
const TALLEST_PX = 160;
const BORDERS_PX = 2;
const COMPOSING = 229;

// What the person adds to a text.
export interface Attachments {
  // Undefined while one is still on its way.
  ready(): readonly FileLink[] | undefined;
  clear(): void;
}

export interface Composer {
  readonly element: HTMLElement;
  readonly bar: HTMLElement;
  readonly field: HTMLTextAreaElement;
  readonly stopButton: HTMLElement;
  attachments?: Attachments;
  write(text: string): void;
  submit(): void;
  // Keeps what is written under that name, and brings back what was.
  keepAs(name: string): void;
}

// Enter belongs to the input method while it composes a word.
function isComposing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === COMPOSING;
}

export function createComposer(actions: {
  send(text: string, files?: readonly FileLink[]): void;
  stop(): void;
}): Composer {
  let draftName = "";
  const field = h("textarea", "", [], {
    part: "field",
    rows: "1",
    dir: "auto",
    "data-text": "placeholder",
  });
  const sendButton = iconButton("send", "round accent", SEND, submit);
  const stopButton = iconButton("stop", "round", STOP, stop);
  const bar = h("div", "bar", [field, stopButton, sendButton]);
  const composer: Composer = {
    element: h("div", "composer", [bar]),
    bar,
    field,
    stopButton,
    write,
    submit,
    keepAs(name) {
      draftName = name;
      const text = field.value || recall("sessionStorage", name);
      if (text) write(text);
    },
  };
  stopButton.hidden = true;

  function fit(): void {
    field.style.height = "auto";
    field.style.height = `${Math.min(field.scrollHeight + BORDERS_PX, TALLEST_PX)}px`;
    if (draftName) keep("sessionStorage", draftName, field.value);
  }

  function write(text: string): void {
    field.value = text;
    fit();
  }

  function submit(): void {
    const { attachments } = composer;
    const text = field.value.trim();
    const files = attachments ? attachments.ready() : [];
    if (!files || !(text || files[0])) return;
    actions.send(text, files);
    attachments?.clear();
    write("");
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
  return composer;
}
