import { button, h, words } from "./dom";
import type { createForm } from "./form";
import type { Kit } from "./kit";
import type { MoreTexts } from "./more-texts";
import type { Choices } from "./wire";

// The longest a timer can be.
const LONGEST_MS = 2 ** 31 - 1;

// Questions that the bot asks with buttons or with a form; a press or a form is a message.
export function createChoices(kit: Kit, texts: MoreTexts) {
  async function showForm(box: HTMLElement, choices: Choices, fields: Choices["fields"] = []) {
    const part = await kit.load<{ createForm: typeof createForm }>(FORM_FILE);
    box.append(
      part.createForm(kit, {
        fields,
        actions: choices.items,
        done: (values, pressed) => {
          const lines = fields.flatMap(({ name, label }) =>
            values[name] ? [`${label}: ${values[name]}`] : [],
          );
          kit.send([...lines, ...(pressed ? [pressed] : [])].join("\n"));
        },
      }),
    );
  }

  function close(box: HTMLElement): void {
    box.inert = true;
    box.after(h("p", "expired", [texts.expired]));
  }

  return (choices: Choices): HTMLElement[] => {
    const { prompt, items, fields, expires } = choices;
    const box = h("div", "ask", prompt ? [words("p", "prompt", prompt)] : []);
    const press = (value: string) => {
      kit.send(value);
      kit.log.focus();
    };
    if (fields?.length) showForm(box, choices, fields).catch(console.error);
    else {
      const chips = items.map(({ value, label }) =>
        button("choose", "chip", label, () => press(value)),
      );
      box.append(h("div", "chips", chips));
    }
    const left = (expires ?? Infinity) * 1000 - Date.now();
    if (left < LONGEST_MS) setTimeout(() => close(box), left);
    return [box];
  };
}
