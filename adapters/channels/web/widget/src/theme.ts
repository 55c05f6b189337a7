import { sheetOf } from "./host";
import type { SessionInfo } from "./wire";

// Puts on what the site is configured to look like. It is a rule for the host: what the page says
// of the same element goes before it.
export function createTheme(root: ShadowRoot): (theme: SessionInfo["theme"]) => void {
  const sheet = sheetOf(":host{}");
  root.adoptedStyleSheets.push(sheet);
  return ({ accent = "", css } = {}) => {
    sheet.replaceSync(":host{}");
    const { style } = sheet.cssRules[0] as CSSStyleRule;
    for (const [name, value] of Object.entries({ "--cg-accent": accent, ...css })) {
      style.setProperty(name, value);
    }
  };
}
