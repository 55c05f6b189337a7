// The inline part of Markdown. One pass over the text and one over its tokens, and patterns that
// never look at a character more than a few times: no input takes more than linear time.
import { appendTokens, tagsOf, type Token } from "./emphasis";
import { isOfHost, picture, safeHref } from "./links";

// An escaped sign, a run of signs, a bracket, a line break and what looks like an address.
const SPECIAL = /\\[!-/:-@[-`{-~]|([`*_~])\1*|!?\[|\]|<(?:[bB][rR] ?\/?|(?:https?|mailto):[^\s<>]+)>|https?:\/\//g;
const BARE_ADDRESS = /[^\s<>`"[\]]+/y;
const TARGET =
  /\((?:<([^<>\n]*)>|((?:[^\s()\\]|\\.|\([^\s()]*\))*))(?:\s+"[^"]*")?\)/y;
const TRAILING = /[.,:;!?'*_~]/;
const SPACE = /^\s?$/;
const WORD = /[\p{L}\p{N}]/u;

// Beyond this a person no longer nests; without it a hostile text would.
const OPEN_BRACKETS = 16;

// Pairs each run of backticks with the next run of the same length.
function findCodeEnds(text: string): Map<number, number | undefined> {
  const nextOfLength = new Map<string, number>();
  const ends = new Map<number, number | undefined>();
  for (const { 0: ticks, index } of [...text.matchAll(/`+/g)].reverse()) {
    ends.set(index, nextOfLength.get(ticks));
    nextOfLength.set(ticks, index);
  }
  return ends;
}

function scan(text: string, imageHosts: readonly string[]): Token[] {
  const tokens: Token[] = [];
  // Where in the tokens the brackets stand that may begin a link.
  const brackets: number[] = [];
  const codeEnds = findCodeEnds(text);
  let at = 0;

  function matchHere(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = at;
    return pattern.exec(text);
  }

  function add(token: Token, length: number): void {
    tokens.push(token);
    at += length;
  }

  function addLiteral(length: number): void {
    add(text.slice(at, at + length), length);
  }

  function addCode(ticks: number): void {
    const end = codeEnds.get(at);
    if (end === undefined) return addLiteral(ticks);
    const code = document.createElement("code");
    code.textContent = text.slice(at + ticks, end).trim();
    add(code, end + ticks - at);
  }

  function addSigns(signs: string): void {
    const size = signs.length;
    if (signs[0] === "`") return addCode(size);
    if (!tagsOf(signs).length) return addLiteral(size);
    const before = text[at - 1] ?? "";
    const after = text[at + size] ?? "";
    // An underscore inside a word is part of a name.
    const isName = signs[0] === "_";
    const opens = !SPACE.test(after) && !(isName && WORD.test(before));
    const closes = !SPACE.test(before) && !(isName && WORD.test(after));
    add({ signs, opens, closes }, size);
  }

  function openBracket({ length }: string): void {
    brackets.push(tokens.length);
    if (brackets.length > OPEN_BRACKETS) brackets.shift();
    addLiteral(length);
  }

  // An image that may not be shown becomes a link.
  function closeBracket(): void {
    const bracket = brackets.pop();
    addLiteral(1);
    const target = bracket !== undefined && matchHere(TARGET);
    if (!target) return;
    const address = target[1] ?? target[2]!;
    const [sign, ...inner] = tokens.splice(bracket).slice(0, -1);
    const href = safeHref(address.replace(/\\(\W)/g, "$1"));
    const length = target[0].length;
    if (sign === "![" && href && isOfHost(href, imageHosts)) {
      return add(picture(href, inner.filter((token) => typeof token === "string").join("")), length);
    }
    if (!inner.length) inner.push(address);
    add({ href, inner }, length);
  }

  function addBareAddress(): void {
    const [found] = matchHere(BARE_ADDRESS)!;
    if (WORD.test(text[at - 1] ?? "")) return addLiteral(found.length);
    const trailing = found.includes("(") ? TRAILING : /[.,:;!?'*_~)]/;
    let end = found.length;
    while (trailing.test(found[end - 1]!)) end--;
    const address = found.slice(0, end);
    add({ href: safeHref(address), inner: [address] }, end);
  }

  function addAngled(special: string): void {
    const address = special.slice(1, -1);
    const isBreak = !address.includes(":");
    add(isBreak ? "\n" : { href: safeHref(address), inner: [address] }, special.length);
  }

  const readers: Record<string, (special: string) => void> = {
    "\\": (special) => add(special[1]!, 2),
    "[": openBracket,
    "!": openBracket,
    "]": closeBracket,
    "<": addAngled,
    h: addBareAddress,
  };

  while (at < text.length) {
    const { 0: special = "", index = text.length } = matchHere(SPECIAL) ?? {};
    if (index > at) addLiteral(index - at);
    else (readers[special[0]!] ?? addSigns)(special);
  }
  return tokens;
}

// Pictures of other hosts than these are links: loading them by itself could carry away what the
// person wrote.
export function appendInline(parent: Node, text: string, imageHosts: readonly string[]): void {
  appendTokens(parent, scan(text, imageHosts), false);
}
