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

// As a text that is in the order of its numbers. A collator would know it too, and takes longer to
// make than all else that is done to open the chat.
function inOrder(id: string): string {
  return id.replace(/\d+/g, (number) => number.padStart(16, "0"));
}

// Ids are `<turn>-<n>`, compared as numbers, the turn first.
export function isNewer(id: string, than: string): boolean {
  return inOrder(id) > inOrder(than);
}
