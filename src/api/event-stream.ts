/** Server-sent events of a fetch: what EventSource does, but with the page's own headers, errors and reconnecting. */

export interface ServerEvent {
  event: string;
  id: string | null;
  data: string;
}

/**
 * Reads events until the stream ends. Comments and empty events are left out. Lines may end in CR, LF or both, and an
 * event or a character may be cut anywhere by the network. `onBytes` is called for each piece, whatever is in it.
 */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  onBytes: () => void = () => {},
): AsyncGenerator<ServerEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      onBytes();
      rest += decoder.decode(value, { stream: true });
      // A CR at the very end may be the first half of a CR LF: it waits for what follows.
      const ready = rest.endsWith('\r') ? rest.slice(0, -1) : rest;
      const blocks = ready.replace(/\r\n?/g, '\n').split('\n\n');
      const open = blocks.pop() ?? '';
      rest = open + rest.slice(ready.length);
      for (const block of blocks) {
        const event = parseEvent(block);
        if (event !== null) yield event;
      }
    }
  } finally {
    // The reader of the events went away: the connection is given up too.
    await reader.cancel().catch(() => {});
  }
}

function parseEvent(block: string): ServerEvent | null {
  const found: ServerEvent = { event: 'message', id: null, data: '' };
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') data.push(value);
    else if (field === 'event') found.event = value;
    else if (field === 'id') found.id = value;
  }
  if (data.length === 0 && found.event === 'message') return null;
  found.data = data.join('\n');
  return found;
}
