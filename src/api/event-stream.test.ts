import { describe, expect, it } from 'vitest';
import { readEvents, type ServerEvent } from './event-stream.ts';

/** A body that arrives in these pieces. */
function arriving(...pieces: (string | Uint8Array)[]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces)
        controller.enqueue(typeof piece === 'string' ? encoder.encode(piece) : piece);
      controller.close();
    },
  });
}

async function all(body: ReadableStream<Uint8Array>): Promise<ServerEvent[]> {
  const events: ServerEvent[] = [];
  for await (const event of readEvents(body)) events.push(event);
  return events;
}

describe('readEvents', () => {
  it('reads events and leaves comments out', async () => {
    const events = await all(
      arriving(
        ': hello\nretry: 1000\n\nevent: message\nid: 7\ndata: {"a":1}\n\n: \n\nevent: done\ndata:\n\n',
      ),
    );
    expect(events).toEqual([
      { event: 'message', id: '7', data: '{"a":1}' },
      { event: 'done', id: null, data: '' },
    ]);
  });

  it('puts an event together wherever the network cut it, a character included', async () => {
    const text = new TextEncoder().encode('id: 1\r\ndata: "ä→"\r\n\r\nid: 2\r\ndata: 2\r\n\r\n');
    for (let cut = 1; cut < text.length; cut += 1) {
      const events = await all(arriving(text.slice(0, cut), text.slice(cut)));
      expect(
        events.map(({ id, data }) => [id, data]),
        `cut at ${cut}`,
      ).toEqual([
        ['1', '"ä→"'],
        ['2', '2'],
      ]);
    }
  });

  it('joins several lines of data and drops an event that did not end', async () => {
    const events = await all(arriving('data: a\ndata: b\n\ndata: never'));
    expect(events.map((event) => event.data)).toEqual(['a\nb']);
  });

  it('gives the connection up when its reader stops', async () => {
    let given = false;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode('data: 1\n\n')),
      cancel: () => {
        given = true;
      },
    });
    for await (const _event of readEvents(body)) break;
    expect(given).toBe(true);
  });
});
