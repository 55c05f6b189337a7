const ALLOWED = /^(https?|mailto|tel):$/;

export function safeHref(address: string, base?: string): string | undefined {
  try {
    const url = new URL(address, base);
    return ALLOWED.test(url.protocol) ? url.href : undefined;
  } catch {
    return undefined;
  }
}

// What a bot wrote is not the site's own word: search engines and the linked site learn nothing.
export function externalLink(href: string): HTMLAnchorElement {
  const link = document.createElement("a");
  link.href = href;
  link.target = "_blank";
  link.rel = "noopener noreferrer nofollow ugc";
  return link;
}

// Of an address that is safe.
export function isOfHost(address: string, hosts: readonly string[]): boolean {
  const { protocol, host } = new URL(address);
  return protocol[0] === "h" && hosts.includes(host);
}

export function picture(source: string, alt: string): HTMLImageElement {
  const image = document.createElement("img");
  image.loading = "lazy";
  image.referrerPolicy = "no-referrer";
  image.alt = alt;
  image.src = source;
  return image;
}
