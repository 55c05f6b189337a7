// Where storage is off, what is kept lasts as long as the page.
type Area = "localStorage" | "sessionStorage";

export function recall(area: Area, name: string): string | undefined {
  try {
    return window[area].getItem(name) ?? undefined;
  } catch {}
  return undefined;
}

// Nothing to keep takes away what was kept.
export function keep(area: Area, name: string, value = ""): void {
  try {
    if (value) window[area].setItem(name, value);
    else window[area].removeItem(name);
  } catch {}
}
