/** An answer that goes on (an event stream) ends with the session that asked for it. */
import type { Access } from './access.ts';

export function endingWith(response: Response, session: string, access: Pick<Access, 'onEnd'>): Response {
  const { body } = response;
  if (body === null || !response.headers.get('content-type')?.startsWith('text/event-stream'))
    return response;
  const reader = body.getReader();
  let unlisten = () => {};
  // Nothing is read ahead: what the browser does not take yet stays where it was.
  const stream = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        unlisten = access.onEnd((id) => {
          if (id !== session) return;
          unlisten();
          controller.close();
          void reader.cancel();
        });
      },
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (!done) return controller.enqueue(value);
          unlisten();
          controller.close();
        } catch (error) {
          unlisten();
          controller.error(error);
        }
      },
      cancel(reason) {
        unlisten();
        return reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(stream, { status: response.status, headers: response.headers });
}
