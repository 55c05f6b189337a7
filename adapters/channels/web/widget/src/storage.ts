// Where storage is off, the conversation lasts as long as the page.
export function loadToken(name: string): string | undefined {
  try {
    return localStorage.getItem(name) ?? undefined;
  } catch {
    return undefined;
  }
}

export function saveToken(name: string, token: string): void {
  try {
    localStorage.setItem(name, token);
  } catch {}
}
