export type Child = Node | string;

// The class comes before the rest: almost every element has one, few have other attributes.
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className = "",
  children: Iterable<Child> = [],
  attributes: Record<string, string> = {},
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  element.className = className;
  element.append(...children);
  for (const name of Object.keys(attributes)) element.setAttribute(name, attributes[name]!);
  return element;
}

// What a person or a bot wrote has its own direction.
export function words(tag: "div" | "p" | "span" | "li", className: string, ...children: Child[]) {
  return h(tag, className, children, { dir: "auto" });
}

// A drawing of strokes in a square of 24.
export function icon(path: string): Element {
  const draw = (name: string) => document.createElementNS("http://www.w3.org/2000/svg", name);
  const svg = draw("svg");
  const line = draw("path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.ariaHidden = "true";
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

export function button(
  action: string,
  className: string,
  content: Child,
  onClick: () => void,
  attributes: Record<string, string> = {},
): HTMLButtonElement {
  const element = h("button", className, [content], {
    type: "button",
    part: action,
    "data-action": action,
    ...attributes,
  });
  // A drawing goes the way of the page.
  if (content && typeof content === "string") element.dir = "auto";
  element.onclick = onClick;
  return element;
}

// A button that shows a drawing and is named by one of the texts.
export function iconButton(
  action: string,
  className: string,
  path: string,
  onClick: () => void,
): HTMLButtonElement {
  return button(action, className, icon(path), onClick, { "data-text": action });
}
