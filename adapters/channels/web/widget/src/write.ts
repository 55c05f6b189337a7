// What a person sends: on its way to the gateway, what goes with it, and how much text is left.
import { h } from "./dom";
import { sheetOf } from "./host";
import type { Kit } from "./kit";
import { createOutbox } from "./outbox";
import { createTray } from "./tray";
import { createVoice } from "./voice";
import css from "./write.css";
import { filled, writeTexts } from "./write-texts";

const NEAR = 0.9;

export type Writer = ReturnType<typeof extendComposer>;

export function extendComposer(kit: Kit) {
  const texts = kit.glossary.add(writeTexts);
  const { session } = kit;
  const { element, field } = kit.composer;
  const counter = h("p", "counter", [], { "aria-live": "polite" });
  const { deliver, resume } = createOutbox(kit);
  const tray = createTray(kit, texts);
  const voice = createVoice(kit, texts, (file) => void tray.addAndSend(file));

  function count(): void {
    const left = field.maxLength - field.value.length;
    const isNear = field.maxLength > 0 && field.value.length > NEAR * field.maxLength;
    counter.textContent = isNear ? filled(texts.left, { count: left }) : "";
  }

  kit.root.adoptedStyleSheets.push(sheetOf(css));
  element.append(counter);
  field.addEventListener("input", count);
  update();
  return { deliver, update };

  // With each session.
  function update(): void {
    const { features = {} } = kit.info() ?? {};
    tray.allow(features.files);
    voice.allow(features.voice === true);
    count();
    if (session.place()) resume();
  }
}
