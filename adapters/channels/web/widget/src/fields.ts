import { type Child, h } from "./dom";
import type { FormTexts } from "./form-texts";
import type { Field } from "./wire";

type Control = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

export interface FieldView {
  readonly element: HTMLElement;
  readonly name: string;
  value(): string;
  // Says what is wrong with it, if anything is.
  check(): boolean;
  tell(problem: string): void;
  focus(): void;
}

let count = 0;

function selectOf({ options = [], value }: Field, texts: FormTexts): HTMLSelectElement {
  const none = h("option", "", [texts.pick], { value: "" });
  const all = options.map((option) => h("option", "", [option], { value: option }));
  const select = h("select", "", [none, ...all]);
  select.value = value ?? "";
  return select;
}

function controlOf(field: Field, texts: FormTexts): Control {
  const { kind, value = "", max } = field;
  if (kind === "select") return selectOf(field, texts);
  const limit: Record<string, string> = max ? { maxlength: `${max}` } : {};
  if (kind === "paragraph") {
    const area = h("textarea", "", [], { rows: "3", dir: "auto", ...limit });
    area.value = value;
    return area;
  }
  const input = h("input", "", [], { type: kind, dir: "auto", ...limit });
  if (kind === "checkbox") input.checked = /^(yes|true|1)$/.test(value);
  else input.value = value;
  if (kind === "number") input.step = "any";
  if (kind === "email" || kind === "tel" || kind === "url") input.setAttribute("autocomplete", kind);
  return input;
}

function problemOf(control: Control, { kind }: Field, texts: FormTexts): string {
  const { valueMissing, typeMismatch, badInput } = control.validity;
  if (badInput) return texts.badNumber;
  const isBlank = kind !== "checkbox" && control.required && !control.value.trim();
  if (valueMissing || isBlank) return kind === "checkbox" ? texts.mustTick : texts.required;
  if (typeMismatch) return kind === "email" ? texts.badEmail : texts.badUrl;
  return "";
}

export function fieldView(field: Field, texts: FormTexts): FieldView {
  const { name, label, kind, required } = field;
  const id = `cg-field-${++count}`;
  const control = controlOf(field, texts);
  const isTick = kind === "checkbox";
  const error = h("p", "error", [], { id: `${id}-error` });
  const star: Child[] = required ? [h("span", "star", ["*"], { "aria-hidden": "true" })] : [];
  const caption = h("label", "", [label, ...star], { for: id, dir: "auto" });
  control.id = id;
  control.name = name;
  control.required = required;
  control.setAttribute("aria-describedby", error.id);

  function tell(problem: string): void {
    error.textContent = problem;
    control.ariaInvalid = String(problem !== "");
  }

  control.addEventListener("input", () => tell(""));
  return {
    name,
    element: h("div", isTick ? "field tick" : "field", [
      ...(isTick ? [control, caption] : [caption, control]),
      error,
    ]),
    value: () => {
      if (control instanceof HTMLInputElement && isTick) return control.checked ? "yes" : "no";
      return control.value.trim();
    },
    check() {
      const problem = problemOf(control, field, texts);
      tell(problem);
      return !problem;
    },
    tell,
    focus: () => control.focus(),
  };
}
