import { h, icon, words } from "./dom";
import type { Kit } from "./kit";
import { isOfHost, picture, safeHref } from "./links";
import type { FileLink } from "./wire";

const PAPER = "M7 3h7l5 5v13H7zM14 3v5h5";
const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"];

export function sizeText(bytes: number, lang: string): string {
  const step = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), UNITS.length - 1);
  return new Intl.NumberFormat(lang, {
    style: "unit",
    unit: UNITS[step],
    unitDisplay: step ? "short" : "long",
    maximumFractionDigits: 1,
  }).format(bytes / 1000 ** step);
}

function card({ name, size }: FileLink, href: string | undefined, lang: string): HTMLElement {
  const link = h("a", "card", [
    icon(PAPER),
    words("span", "name", name),
    ...(size ? [h("span", "size", [sizeText(size, lang)])] : []),
  ]);
  if (!href) return link;
  link.href = href;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  link.download = name;
  return link;
}

function player(file: FileLink, href: string): HTMLElement | undefined {
  const [kind] = file.media_type.split("/") as [string];
  if (kind === "image" && !/svg/.test(file.media_type)) {
    return h("a", "", [picture(href, file.name)], { href, target: "_blank", rel: "noopener" });
  }
  if (kind !== "audio" && kind !== "video") return undefined;
  const media = document.createElement(kind);
  media.controls = true;
  media.preload = "none";
  media.ariaLabel = file.name;
  media.src = href;
  return media;
}

// Shown where it is safe: of the gateway, or of a host that the site allows. What the page or the
// browser does not show is a link.
export function fileView(file: FileLink, { api, info, lang }: Kit): HTMLElement {
  const href = safeHref(file.url, api);
  const link = card(file, href, lang());
  const hosts = [new URL(api).host, ...(info()?.images ?? [])];
  const shown = href && isOfHost(href, hosts) ? player(file, href) : undefined;
  if (!shown) return link;
  const fail = () => shown.replaceWith(link);
  shown.addEventListener("error", fail, { capture: true, once: true });
  return shown;
}
