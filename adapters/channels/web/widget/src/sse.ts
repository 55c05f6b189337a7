export interface ServerEvent {
  id: string;
  name: string;
  data: string;
}

function fieldOf(lines: string[], name: string): string {
  const own = lines.filter((line) => line.startsWith(name));
  return own.map((line) => line.slice(name.length).replace(/^ /, "")).join("\n");
}

// Server-sent events from text that may be cut anywhere. What has no data is a heartbeat.
export function eventParser(emit: (event: ServerEvent) => void): (chunk: string) => void {
  let buffer = "";
  return (chunk) => {
    const blocks = (buffer + chunk).split(/\r?\n\r?\n/);
    buffer = blocks.pop()!;
    for (const block of blocks) {
      const lines = block.split(/\r?\n/);
      const data = fieldOf(lines, "data:");
      if (data) emit({ id: fieldOf(lines, "id:"), name: fieldOf(lines, "event:"), data });
    }
  };
}

// Ids are `<turn>-<n>`, compared as numbers, the turn first.
const inOrder = new Intl.Collator("en", { numeric: true }).compare;

export function isNewer(id: string, than: string): boolean {
  return inOrder(id, than) > 0;
}
