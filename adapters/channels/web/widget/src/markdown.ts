// Markdown as language models write it, built as DOM nodes and never as HTML.
import { h } from "./dom";
import { appendInline } from "./inline";

// Deeper quotes and lists stay text: the browser's own layout is recursive.
const DEEPEST = 8;

interface Reader {
  readonly lines: readonly string[];
  at: number;
  readonly depth: number;
}

// While a text is shown, the hosts whose pictures are shown with it.
let imageHosts: readonly string[] = [];

// Whether a block begins here, and reading it.
type Rule = [(reader: Reader) => boolean, (reader: Reader) => HTMLElement];

const HEADING = /^ {0,3}(#{1,6})(?: |$)/;
const FENCE = /^ *(`{3,}|~{3,}) *([^`\s]*)[^`]*$/;
const DIVIDER = /^ *(?:(?:- *){3,}|(?:_ *){3,}|(?:\* *){3,})$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^ *([-*+]|(\d{1,9})[.)])( {1,4}|$)/;
const TASK = /^\[([ xX])\] /;
const RULE_CELL = /^:?-+:?$/;
const PIPE = /(?<!\\)\|/;

function lineAt({ lines, at }: Reader, offset = 0): string {
  return lines[at + offset] ?? "";
}

function indentOf(line: string): number {
  return line.search(/\S|$/);
}

function withoutIndent(line: string, width: number): string {
  return line.slice(Math.min(indentOf(line), width));
}

function inlineElement(
  tag: "p" | "h3" | "h4" | "th" | "td",
  text: string,
  attributes = {},
): HTMLElement {
  const element = h(tag, "", [], attributes);
  appendInline(element, text.trim(), imageHosts);
  return element;
}

function readHeading(reader: Reader): HTMLElement {
  const line = lineAt(reader);
  const level = HEADING.exec(line)![1]!.length;
  reader.at++;
  // The page and the panel have the first two levels; four more nobody tells apart in a chat.
  return inlineElement(level === 1 ? "h3" : "h4", line.trim().slice(level));
}

function readFence(reader: Reader): HTMLElement {
  const [, marks = "", lang = ""] = FENCE.exec(lineAt(reader))!;
  const indent = indentOf(lineAt(reader));
  const content: string[] = [];
  const isEnd = (line: string) => line.startsWith(marks) && !line.replaceAll(marks[0]!, "");
  while (++reader.at < reader.lines.length && !isEnd(lineAt(reader).trim())) {
    content.push(withoutIndent(lineAt(reader), indent));
  }
  reader.at++;
  const code = h("code", "", [content.join("\n")]);
  const box = h("pre", "", [code], { tabindex: "0", dir: "ltr" });
  return h("div", "code", [box], { "data-lang": lang });
}

function readDivider(reader: Reader): HTMLElement {
  reader.at++;
  return h("hr");
}

function readQuote(reader: Reader): HTMLElement {
  const inner: string[] = [];
  for (; QUOTE.test(lineAt(reader)); reader.at++) inner.push(lineAt(reader).replace(QUOTE, ""));
  return h("blockquote", "", blocks(inner, reader.depth + 1));
}

// A model indents by two, three or four; what is further in than the marker belongs to the item.
function readItem(reader: Reader): string[] {
  const first = lineAt(reader);
  const width = ITEM.exec(first)![0].length;
  const inside = indentOf(first) + 2;
  const isOutside = (line: string) => line && indentOf(line) < inside;
  const inner = [first.slice(width)];
  while (++reader.at < reader.lines.length) {
    const line = lineAt(reader);
    const isAfterBlank = !lineAt(reader, -1);
    if (isOutside(line) && (isAfterBlank || startsBlock(reader))) break;
    inner.push(withoutIndent(line, width));
  }
  return inner;
}

function readListItem(reader: Reader): HTMLElement {
  const lines = readItem(reader);
  const task = TASK.exec(lines[0]!)?.[1];
  if (task) lines[0] = lines[0]!.replace(TASK, task === " " ? "☐ " : "☑ ");
  const [first, ...rest] = blocks(lines, reader.depth + 1);
  // Items stand close together; only what follows the first paragraph is set apart.
  if (!first) return h("li");
  const content = [...(first.tagName === "P" ? first.childNodes : [first]), ...rest];
  return h("li", task ? "task" : "", content);
}

// The number an item begins with: none for a bullet, undefined where there is no item.
function numberAt(reader: Reader): string | undefined {
  const found = DIVIDER.test(lineAt(reader)) ? null : ITEM.exec(lineAt(reader));
  return found ? (found[2] ?? "") : undefined;
}

function readList(reader: Reader): HTMLElement {
  const start = numberAt(reader)!;
  const list = start ? h("ol", "", [], { start }) : h("ul");
  while (numberAt(reader) !== undefined && !numberAt(reader) === !start) {
    list.append(readListItem(reader));
    skipBlank(reader);
  }
  return list;
}

function cellsOf(line: string): string[] {
  const cells = line.trim().replace(/^\||(?<!\\)\|$/g, "").split(PIPE);
  return cells.map((cell) => cell.trim().replaceAll("\\|", "|"));
}

function startsTable(reader: Reader): boolean {
  const head = lineAt(reader);
  if (!head.includes("|")) return false;
  const rule = cellsOf(lineAt(reader, 1));
  return rule.every((cell) => RULE_CELL.test(cell)) && cellsOf(head).length === rule.length;
}

function alignmentOf(rule: string): { align?: string } {
  if (!rule.endsWith(":")) return {};
  return { align: rule[0] === ":" ? "center" : "right" };
}

function readTable(reader: Reader): HTMLElement {
  const alignments = cellsOf(lineAt(reader, 1)).map(alignmentOf);
  // Never padded to the width of the head: a short row of a wide table costs what it is long.
  const row = (tag: "th" | "td") => {
    const cells = cellsOf(lineAt(reader)).slice(0, alignments.length);
    return h("tr", "", cells.map((cell, at) => inlineElement(tag, cell, alignments[at])));
  };
  const head = h("thead", "", [row("th")]);
  const body = h("tbody");
  for (reader.at += 2; PIPE.test(lineAt(reader)); reader.at++) body.append(row("td"));
  return h("div", "table", [h("table", "", [head, body])], { tabindex: "0" });
}

function startsWith(pattern: RegExp): (reader: Reader) => boolean {
  return (reader) => pattern.test(lineAt(reader));
}

const rules: Rule[] = [
  [startsWith(FENCE), readFence],
  [startsWith(HEADING), readHeading],
  [startsWith(DIVIDER), readDivider],
  [startsWith(QUOTE), readQuote],
  [(reader) => numberAt(reader) !== undefined, readList],
  [startsTable, readTable],
];

function startsBlock(reader: Reader): boolean {
  return rules.some(([starts]) => starts(reader));
}

function readParagraph(reader: Reader): HTMLElement {
  const lines: string[] = [];
  do {
    lines.push(lineAt(reader).trim());
    reader.at++;
  } while (lineAt(reader) && !startsBlock(reader));
  return inlineElement("p", lines.join("\n"));
}

function skipBlank(reader: Reader): boolean {
  while (reader.lines[reader.at] === "") reader.at++;
  return reader.at < reader.lines.length;
}

function readBlock(reader: Reader): HTMLElement {
  const [, read] = rules.find(([starts]) => starts(reader)) ?? [];
  return (read ?? readParagraph)(reader);
}

function blocks(
  lines: readonly string[],
  depth: number,
  starts: number[] = [],
): HTMLElement[] {
  if (depth > DEEPEST) return [inlineElement("p", lines.join("\n"))];
  const reader = { lines, at: 0, depth };
  const found: HTMLElement[] = [];
  while (skipBlank(reader)) {
    starts.push(reader.at);
    found.push(readBlock(reader));
  }
  return found;
}

// Without spaces at its end: a blank line is an empty one.
function tidy(line: string): string {
  return line.trimEnd().replace(/^\s+/, (indent) => indent.replaceAll("\t", "    "));
}

// What no text that follows can change any more, and how many blocks it makes.
interface Settled {
  text: string;
  blocks: number;
}

const settled = new WeakMap<HTMLElement, Settled>();

// A block is what it is once its first two lines are whole; those before it are then complete.
function settle(lines: readonly string[], starts: readonly number[], before: Settled): Settled {
  const at = starts.findLastIndex((start) => start < lines.length - 2);
  if (at < 1) return before;
  const text = `${lines.slice(0, starts[at]).join("\n")}\n`;
  return { text: before.text + text, blocks: before.blocks + at };
}

// Shows a text that grows. Only the blocks that have become others are touched: what a person has
// selected further up stays selected.
export function showMarkdown(
  parent: HTMLElement,
  text: string,
  images: readonly string[] = [],
): void {
  imageHosts = images;
  const known = settled.get(parent);
  if (!known) parent.replaceChildren();
  const before = known && text.startsWith(known.text) ? known : { text: "", blocks: 0 };
  const lines = text.slice(before.text.length).split("\n");
  const starts: number[] = [];
  const fresh = blocks(lines.map(tidy), 0, starts);
  const old = [...parent.children].slice(before.blocks);
  fresh.forEach((element, at) => {
    if (!old[at]) parent.append(element);
    else if (!old[at].isEqualNode(element)) old[at].replaceWith(element);
  });
  for (const element of old.slice(fresh.length)) element.remove();
  settled.set(parent, settle(lines, starts, before));
}
