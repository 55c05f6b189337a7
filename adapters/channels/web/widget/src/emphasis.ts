import { externalLink } from "./links";

// A run of `*`, `_` or `~~` that may begin or end an emphasis.
export interface Run {
  readonly signs: string;
  readonly opens: boolean;
  readonly closes: boolean;
  role?: "begin" | "end";
}

export interface Link {
  // Without an address that is allowed, only the words are shown.
  readonly href: string | undefined;
  readonly inner: Token[];
}

export type Token = string | HTMLElement | Link | Run;

const DEEPEST = 12;

export function tagsOf(signs: string): string[] {
  if (signs[0] === "~") return signs.length === 2 ? ["del"] : [];
  return [[], ["em"], ["strong"], ["strong", "em"]][signs.length] ?? [];
}

function isRun(token: Token): token is Run {
  return typeof token === "object" && "signs" in token;
}

function pairRuns(tokens: Token[]): void {
  const openers = new Map<string, number[]>();
  tokens.forEach((run, at) => {
    if (!isRun(run)) return;
    const mine = openers.get(run.signs) ?? [];
    openers.set(run.signs, mine);
    const begin = run.closes ? mine.pop() : undefined;
    if (begin !== undefined) {
      run.role = "end";
      (tokens[begin] as Run).role = "begin";
      // What was opened in between can no longer be closed without crossing this pair.
      for (const others of openers.values()) while (others.at(-1)! > begin) others.pop();
    } else if (run.opens) mine.push(at);
  });
}

export function appendTokens(parent: Node, tokens: Token[], isInLink: boolean): void {
  const open = [parent];
  let text = "";

  function flush(): Node {
    const here = open.at(-1)!;
    text.split("\n").forEach((line, at) => {
      if (at) here.appendChild(document.createElement("br"));
      if (line) here.appendChild(document.createTextNode(line));
    });
    text = "";
    return here;
  }

  function begin(tag: string): void {
    const here = flush();
    open.push(open.length > DEEPEST ? here : here.appendChild(document.createElement(tag)));
  }

  function passRun({ signs, role }: Run): void {
    const tags = tagsOf(signs);
    if (!role) text += signs;
    else if (role === "begin") tags.forEach(begin);
    else {
      flush();
      open.length -= tags.length;
    }
  }

  function passLink({ href, inner }: Link): void {
    const here = flush();
    if (isInLink || !href) appendTokens(here, inner, isInLink);
    else appendTokens(here.appendChild(externalLink(href)), inner, true);
  }

  pairRuns(tokens);
  for (const token of tokens) {
    if (typeof token === "string") text += token;
    else if (isRun(token)) passRun(token);
    else if (token instanceof Node) flush().appendChild(token);
    else passLink(token);
  }
  flush();
}
