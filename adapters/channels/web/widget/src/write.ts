// What a person can send besides text, and how much text is left.
import { h } from "./dom";
import { sheetOf } from "./host";
import type { Kit } from "./kit";
import { createTray } from "./tray";
import { createVoice } from "./voice";
import type { SessionInfo } from "./wire";
import css from "./write.css";
import { filled, writeTexts } from "./write-texts";

const NEAR = 0.9;

export function extendComposer(kit: Kit): (info: SessionInfo) => void {
  const texts = kit.glossary.add(writeTexts);
  const { element, field } = kit.composer;
  const counter = h("p", "counter", [], { "aria-live": "polite" });
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
  count();
  return ({ features = {} }) => {
    tray.allow(features.files);
    voice.allow(features.voice === true);
    count();
  };
}
