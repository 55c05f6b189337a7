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
