/** A server that says what it should not, over real sockets: each time a value in bounded time, and the socket closed. */
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { NodeClient, type NodeFailure } from '#server/postgres/node-client.ts';
import { type Script, type ScriptedServer, scriptedServer } from '#server/testing/scripted-server.ts';
import { until } from '#server/testing/servers.ts';
import {
  authentication,
  authenticationOk,
  complete,
  dataRow,
  failure,
  fields,
  greeting,
  int16,
  letIn,
  message,
  oneRow,
  ready,
  rowDescription,
  sasl,
} from '#server/testing/wire-messages.ts';
import { Link } from './link.ts';

const servers: ScriptedServer[] = [];
const clients: NodeClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serverOf(script: Script | ((user: string | null) => Script)): Promise<ScriptedServer> {
  const server = await scriptedServer(typeof script === 'function' ? script : () => script);
  servers.push(server);
  return server;
}

function clientOf(server: ScriptedServer, more = 'user=u password=p'): NodeClient {
  const client = new NodeClient(server.dsn(more), { connectMs: 2000 });
  clients.push(client);
  return client;
}

interface Asked {
  error: NodeFailure | null;
  rows: unknown[];
  ms: number;
  /** The longest that the event loop was held up by work of this process: what others on the machine took does not count. */
  heldMs: number;
}

function workedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** One question on a new connection. */
async function ask(client: NodeClient, deadlineMs = 5000): Promise<Asked> {
  const start = performance.now();
  let last = start;
  let worked = workedMs();
  let heldMs = 0;
  let over = false;
  const watch = (async () => {
    while (!over) {
      await nextTurn();
      const now = performance.now();
      const by = workedMs();
      heldMs = Math.max(heldMs, Math.min(now - last, by - worked));
      last = now;
      worked = by;
    }
  })();
  const outcome = await client.query('SELECT 1', undefined, deadlineMs);
  over = true;
  await watch;
  const ms = performance.now() - start;
  return outcome.ok
    ? { error: null, rows: outcome.result.rows, ms, heldMs }
    : { error: outcome.error, rows: [], ms, heldMs };
}

async function asked(script: Script, more?: string): Promise<Asked> {
  const server = await serverOf(script);
  const answer = await ask(clientOf(server, more));
  if (answer.error !== null && answer.error.sqlstate === null) {
    await until('the socket is closed', async () => server.open === 0);
  }
  return answer;
}

describe('at the door', () => {
  it.each([
    [7, /asks for GSSAPI \(Kerberos\) authentication, which the console does not support/],
    [9, /asks for SSPI \(Windows\) authentication/],
    [2, /asks for Kerberos 5 authentication/],
    [99, /does not know \(code 99\)/],
  ])('authentication %i', async (code, words) => {
    const { error } = await asked({ startup: authentication(code) });
    expect(error).toMatchObject({ code: 'auth', message: expect.stringMatching(words) });
  });

  it('let in without a proof of the password', async () => {
    const { error } = await asked({ startup: sasl('SCRAM-SHA-256'), password: () => letIn });
    expect(error).toMatchObject({ code: 'auth', message: expect.stringMatching(/without proving/) });
  });

  it.each([
    ['nothing of the sort', Buffer.from('r=x')],
    ['another nonce', Buffer.from('r=other,s=c2FsdA==,i=4096')],
    ['an iteration count of a billion', Buffer.from('r=NONCEmore,s=c2FsdA==,i=1000000000')],
    ['bytes', Buffer.from([0, 255, 254, 61, 44])],
  ])('SCRAM goes on with %s', async (_name, data) => {
    const { error, heldMs } = await asked({
      startup: sasl('SCRAM-SHA-256'),
      password: (sent, turn) => {
        const nonce = /r=(.*)$/.exec(sent.toString('latin1'))?.[1] ?? '';
        const said = Buffer.from(data.toString('latin1').replace('NONCE', nonce), 'latin1');
        return turn === 0 ? authentication(11, said) : letIn;
      },
    });
    expect(error).toMatchObject({ code: 'auth' });
    expect(heldMs).toBeLessThan(1000);
  });

  it.each([
    ['HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n')],
    ['SSH', Buffer.from('SSH-2.0-OpenSSH_9.2p1\r\n')],
    ['MySQL', Buffer.from('J\0\0\0\n8.0.36\0')],
    ['zeroes', Buffer.alloc(1000)],
    ['a length of 0', Buffer.from('R\0\0\0\0')],
    ['two lengths of 0', Buffer.from('E\0\0\0\0E\0\0\0\0')],
    ['an error without fields', message('E')],
    ['a notice without an end', message('N', 'MA')],
    ['ready at once', ready()],
  ])('%s', async (_name, startup) => {
    const { error } = await asked({ startup });
    expect(error).toMatchObject({
      code: 'protocol',
      message: expect.stringMatching(/^127\.0\.0\.1:\d+ does not keep/),
    });
  });

  it('closed without a word, or reset', async () => {
    for (const startup of [
      (socket: { end(): void }) => socket.end(),
      (socket: { resetAndDestroy(): void }) => socket.resetAndDestroy(),
    ]) {
      expect((await asked({ startup })).error).toMatchObject({ code: 'network' });
    }
  });

  it('an error of the server is the server’s, and may come before anything else', async () => {
    const { error } = await asked({ startup: failure('53300', 'sorry, too many clients already') });
    expect(error).toMatchObject({ sqlstate: '53300', message: 'sorry, too many clients already' });
  });

  it('notices before, between and after', async () => {
    const notice = failure('01000', 'hello', 'N');
    const startup = Buffer.concat([notice, authenticationOk, notice, greeting, notice]);
    const { rows } = await asked({ startup, question: () => Buffer.concat([notice, oneRow('x'), notice]) });
    expect(rows).toEqual([{ it: 'x' }]);
  });
});

describe('the wish for TLS', () => {
  it.each([
    ['an error', failure('08P01', 'what is this?'), /does not answer the request for TLS/],
    ['something else', Buffer.from('X'), /does not answer the request for TLS/],
    [
      'yes, and something in clear behind it',
      Buffer.concat([Buffer.from('S'), letIn]),
      /in clear before TLS began/,
    ],
    [
      'no, and something behind it',
      Buffer.concat([Buffer.from('N'), letIn]),
      /does not answer the request for TLS/,
    ],
    ['no', Buffer.from('N'), /does not offer TLS/],
    [
      'yes, and then no TLS',
      (socket: Socket) => {
        socket.removeAllListeners('data');
        socket.once('data', () => socket.write('this is no handshake, whatever one makes of it'));
        socket.write('S');
      },
      /could not set up TLS/,
    ],
  ])('is answered with %s', async (_name, tls, words) => {
    const { error } = await asked({ tls }, 'user=u password=p sslmode=require');
    expect(error).toMatchObject({ code: 'protocol', message: expect.stringMatching(words) });
  });

  it('sslmode=prefer goes on without it, but not where somebody meddled', async () => {
    const good: Script = { question: () => oneRow('in clear') };
    for (const tls of [Buffer.from('N'), Buffer.from('X'), failure('08P01', 'what?')]) {
      expect((await asked({ ...good, tls }, 'user=u password=p')).rows).toEqual([{ it: 'in clear' }]);
    }
    const { error } = await asked(
      { ...good, tls: Buffer.concat([Buffer.from('S'), letIn]) },
      'user=u password=p',
    );
    expect(error).toMatchObject({ code: 'protocol' });
  });
});

describe('an answer', () => {
  it.each([
    ['a length of 0', Buffer.from('D\0\0\0\0')],
    ['a row without a description', dataRow('x')],
    ['a row of other columns', Buffer.concat([rowDescription({ a: 25 }), dataRow('x', 'y')])],
    ['a copy both ways', message('W', Buffer.concat([Buffer.of(0), int16(0)]))],
    ['an unknown type', message('y', 'x')],
    ['an error without fields', message('E')],
  ])('of %s ends its connection, and the next question has a new one', async (_name, bad) => {
    let turns = 0;
    const server = await serverOf({ question: () => (turns++ === 0 ? bad : oneRow('well')) });
    const client = clientOf(server, 'user=u sslmode=disable');
    expect((await ask(client)).error).toMatchObject({ code: 'protocol' });
    expect((await ask(client)).rows).toEqual([{ it: 'well' }]);
    expect(server.connections).toBe(2);
    await until('the first is closed', async () => server.open === 1);
  });

  it('cut off in the middle, it is no answer', async () => {
    const whole = oneRow('x'.repeat(100));
    const { error, rows } = await asked({
      question: () => (socket) => socket.end(whole.subarray(0, whole.length - 8)),
    });
    expect([error?.code, rows]).toEqual(['network', []]);
  });

  it('that comes twice is no answer to the next question', async () => {
    const server = await serverOf({
      question: (_text, turn) =>
        Buffer.concat([oneRow(`answer ${turn}`), turn === 0 ? oneRow('stale') : Buffer.alloc(0)]),
    });
    const { error, rows } = await ask(clientOf(server));
    expect([error?.code, rows]).toEqual(['protocol', []]);
  });

  it.each([
    [
      'rows',
      Buffer.concat([rowDescription({ it: 25 }), dataRow('x'.repeat(60_000))]),
      dataRow('x'.repeat(60_000)),
    ],
    ['empty rows', rowDescription({}), Buffer.concat(Array(5000).fill(dataRow()))],
    [
      'rows of nulls',
      rowDescription(Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`c${n}`, 25]))),
      Buffer.concat(Array(100).fill(dataRow(...Array(100).fill(null)))),
    ],
    ['notices', Buffer.alloc(0), failure('01000', 'x'.repeat(60_000), 'N')],
    ['small notices', Buffer.alloc(0), Buffer.concat(Array(1000).fill(failure('01000', 'x', 'N')))],
    ['settings', Buffer.alloc(0), Buffer.concat(Array(1000).fill(message('S', 'TimeZone\0UTC\0')))],
    [
      'results',
      Buffer.alloc(0),
      Buffer.concat(Array(500).fill(Buffer.concat([rowDescription({ it: 25 }), dataRow('x'), complete()]))),
    ],
    [
      'copied rows',
      message('H', Buffer.concat([Buffer.of(0), int16(0)])),
      message('d', Buffer.alloc(60_000)),
    ],
    [
      'one message',
      Buffer.alloc(0),
      Buffer.concat([Buffer.from([0x44, 0x7f, 0xff, 0xff, 0xff]), Buffer.alloc(60_000)]),
    ],
  ])(
    'of endless %s ends at 64 MB or in its time, with a memory that is bounded',
    async (_name, first, again) => {
      const before = process.memoryUsage().rss;
      const { error, ms, heldMs } = await asked({
        question: () => (socket) => {
          socket.write(first);
          const more = () => {
            while (!socket.destroyed && socket.write(again));
          };
          socket.on('drain', more);
          more();
        },
      });
      expect(error?.message).toMatch(
        /sent more than 64 MB as the answer to one question|does not keep|did not answer a query/,
      );
      expect(ms).toBeLessThan(10_000);
      expect(heldMs).toBeLessThan(1000);
      expect((process.memoryUsage().rss - before) / 2 ** 20).toBeLessThan(600);
    },
  );

  it.each([
    ['timestamps', 1184, '1'.repeat(1 << 20)],
    ['dates in an array', 1182, `{${'1'.repeat(1 << 20)}}`],
    ['intervals', 1186, '1'.repeat(1 << 20)],
    ['spaces', 1186, ' '.repeat(1 << 20)],
    ['arrays within arrays', 1009, '{'.repeat(1 << 20)],
    ['JSON within JSON', 114, '['.repeat(8 << 20)],
    ['a long JSON', 3802, `[${'1,'.repeat(6 << 20)}1]`],
    ['a long array', 1009, `{${'a,'.repeat(6 << 20)}b}`],
    ['a number', 20, '1'.repeat(8 << 20)],
    ['bytes', 17, '\\'.repeat(8 << 20)],
    ['a single backslash', 17, '\\'],
    ['bytes in an array', 1001, '{"\\\\"}'],
    ['backslashes, an odd number of them', 17, '\\'.repeat(100_001)],
    ['a circle', 718, '<('.repeat(1 << 20)],
  ])('of a value that would keep the driver busy: %s', async (_name, type, value) => {
    const { heldMs } = await asked({ question: () => oneRow(value, type) });
    expect(heldMs).toBeLessThan(1500);
  });

  it.each([
    ['a-', 'a-'],
    ['a://:', 'a://:'],
    ['password=', 'password='],
    ['blanks', ' '],
    ['newlines', ' \n'],
    ['quotes', '"'],
  ])('of an error text made to keep patterns busy: %s', async (_name, piece) => {
    const text = piece.repeat((1 << 20) / piece.length);
    const { error, heldMs } = await asked({
      startup: fields({ S: 'FATAL', C: '28000', M: text, D: text, H: text }).subarray(0),
    });
    // Before it has let anybody in, an error is short.
    expect(error).toMatchObject({ code: 'protocol' });
    expect(heldMs).toBeLessThan(500);
    const later = await asked({
      question: () => Buffer.concat([fields({ S: 'ERROR', C: '42P01', M: text, D: text, H: text }), ready()]),
    });
    expect(later.error?.sqlstate).toBe('42P01');
    expect(later.error?.message.length).toBeLessThanOrEqual(2001);
    expect(later.error?.detail?.length).toBeLessThanOrEqual(4100);
    expect(later.heldMs).toBeLessThan(500);
  });
});

describe('an exception of whoever reads', () => {
  it('ends the connection, and is told as its error', async () => {
    const server = await serverOf({});
    const link = new Link({
      host: '127.0.0.1',
      hostaddr: null,
      port: server.port,
      tls: null,
      policy: { methods: null, channelBinding: 'prefer', hasPassword: true },
    });
    link.on('data', () => {
      throw new TypeError('x is not a function');
    });
    link.once('connect', () =>
      link.write(Buffer.concat([Buffer.from([0, 0, 0, 16, 0, 3, 0, 0]), Buffer.from('user\0u\0\0')])),
    );
    const said = new Promise<Error>((resolve) => link.once('error', resolve));
    const closed = new Promise<void>((resolve) => link.once('close', () => resolve()));
    link.connect();
    expect(String(await said)).toMatch(/the driver cannot read it \(x is not a function\)/);
    await closed;
    await until('the socket is closed', async () => server.open === 0);
  });
});
