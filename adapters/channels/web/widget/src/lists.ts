// Lists that a person opens.
import { h, words } from "./dom";
import { externalLink, safeHref } from "./links";
import type { Source, Step } from "./wire";

function opened(label: string, items: readonly HTMLElement[]): HTMLElement {
  const summary = h("summary", "", [`${label} (${items.length})`]);
  return h("details", "", [summary, h("ol", "", items)]);
}

function sourceItem({ title, url = "", excerpt = "" }: Source): HTMLElement {
  const href = safeHref(url);
  const link = href ? externalLink(href) : h("span");
  link.append(title || url);
  return words("li", "", link, h("p", "", [excerpt]));
}

export function sourceList(sources: readonly Source[], label: string): HTMLElement {
  return opened(label, sources.map(sourceItem));
}

export function stepList(steps: readonly Step[], label: string): HTMLElement {
  return opened(
    label,
    steps.map(({ kind, text }) => words("li", kind, text)),
  );
}
