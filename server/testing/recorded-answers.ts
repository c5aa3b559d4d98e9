/** For tests: what a real server answers, byte for byte, so that it can be said again and spoiled. */
import { connect, createServer } from 'node:net';

/**
 * The bytes from a server on 127.0.0.1 while `ask` uses the port that it is given: of each connection its greeting, and then
 * the answer to each question. Without TLS.
 */
export async function recordedAnswers(
  target: number,
  ask: (port: number) => Promise<unknown>,
): Promise<Buffer[][]> {
  const connections: Buffer[][] = [];
  const listener = createServer((client) => {
    const server = connect({ host: '127.0.0.1', port: target });
    const answers: Buffer[] = [];
    connections.push(answers);
    let held = Buffer.alloc(0);
    let answerTo = 0;
    client.pipe(server);
    server.pipe(client);
    server.on('data', (chunk: Buffer) => {
      held = Buffer.concat([held, chunk]);
      // Each message; one that begins with Z ends an answer.
      while (held.length >= answerTo + 5) {
        const end = answerTo + 1 + held.readUInt32BE(answerTo + 1);
        if (end > held.length) return;
        const isEnd = held[answerTo] === 0x5a;
        answerTo = end;
        if (!isEnd) continue;
        answers.push(Buffer.from(held.subarray(0, end)));
        held = held.subarray(end);
        answerTo = 0;
      }
    });
    for (const socket of [client, server]) {
      socket.on('error', () => {});
      socket.on('close', () => {
        client.destroy();
        server.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  try {
    await ask((listener.address() as { port: number }).port);
  } finally {
    await new Promise((resolve) => listener.close(resolve));
  }
  return connections;
}
