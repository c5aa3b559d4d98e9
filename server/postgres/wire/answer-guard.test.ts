/** Messages that are not as they should be, each given to the guard whole, byte by byte, and behind a good one. */
import { describe, expect, it } from 'vitest';
import {
  authentication,
  authenticationOk,
  complete,
  dataRow,
  failure,
  fields,
  greeting,
  int16,
  int32,
  letIn,
  message,
  oneRow,
  ready,
  rowDescription,
} from '#server/testing/wire-messages.ts';
import { ANSWER_BYTES, AnswerGuard } from './answer-guard.ts';
import { Authentication } from './authentication.ts';
import { WireFault } from './fault.ts';

const QUERY = message('Q', 'SELECT 1\0');

function guard(): AnswerGuard {
  return new AnswerGuard(
    new Authentication(
      { methods: null, channelBinding: 'prefer', hasPassword: true },
      { encrypted: false, verified: false, local: true },
    ),
  );
}

/** Let in, with a question under way. */
function asked(): AnswerGuard {
  const made = guard();
  made.take(letIn, () => {});
  made.sent(QUERY);
  return made;
}

function taken(made: AnswerGuard, bytes: Buffer, chunk = bytes.length || 1): Buffer {
  const out: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += chunk) {
    made.take(bytes.subarray(at, at + chunk), (messages) => out.push(Buffer.from(messages)));
  }
  return Buffer.concat(out);
}

/** One byte of a message set. */
function withByte(bytes: Buffer, at: number, value: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[at < 0 ? changed.length + at : at] = value;
  return changed;
}

/** A message whose length says something else. */
function withLength(bytes: Buffer, length: number): Buffer {
  const changed = Buffer.from(bytes);
  changed.writeUInt32BE(length >>> 0, 1);
  return changed;
}

const description = rowDescription({ a: 25, b: 23 });
const row = dataRow('x', '1');
const error = failure('42P01', 'no such table');

describe('what a server says is let through as it is', () => {
  const answer = Buffer.concat([
    message('1'),
    message('2'),
    message('t', Buffer.concat([int16(1), int32(23)])),
    description,
    row,
    dataRow(null, ''),
    message('S', 'TimeZone\0UTC\0'),
    message('A', Buffer.concat([int32(1), Buffer.from('channel\0payload\0')])),
    complete('SELECT 2'),
    message('n'),
    message('s'),
    message('I'),
    message('H', Buffer.concat([Buffer.of(0), int16(1), int16(0)])),
    message('d', 'row of a copy'),
    message('d'),
    message('c'),
    complete('COPY 1'),
    message('3'),
    ready('T'),
  ]);
  it.each([1, 2, 5, 7, 100, 100_000])('in pieces of %i bytes', (chunk) => {
    const made = guard();
    expect(taken(made, letIn, chunk)).toEqual(letIn);
    made.sent(QUERY);
    expect(taken(made, answer, chunk)).toEqual(answer);
    made.sent(QUERY);
    expect(taken(made, oneRow('again'), chunk)).toEqual(oneRow('again'));
  });

  it('also what nobody asked for: a notice, a setting, the end', () => {
    const made = guard();
    taken(made, letIn);
    const unasked = Buffer.concat([
      message('S', 'TimeZone\0UTC\0'),
      failure('01000', 'reloaded', 'N'),
      failure('57P01', 'terminating connection due to administrator command'),
    ]);
    expect(taken(made, unasked)).toEqual(unasked);
  });
});

describe('what no driver should see', () => {
  const toAQuestion: [string, Buffer][] = [
    ['a length of 0', withLength(complete(), 0)],
    ['a length of 3', withLength(complete(), 3)],
    ['a length of 2 GB', withLength(row, 0x7fffffff)],
    ['a length that is negative', withLength(row, 0xffffffff)],
    ['a length of 64 MB and more', withLength(row, ANSWER_BYTES + 1)],
    ['a long message of a short kind', withLength(complete(), 30_001)],
    ['an unknown type', message('y')],
    ['type 0', withByte(complete(), 0, 0)],
    ['type 255', withByte(complete(), 0, 255)],
    ['CopyBothResponse, which only replication has', message('W', Buffer.concat([Buffer.of(0), int16(0)]))],
    ['FunctionCallResponse, which nobody asks for', message('V', int32(-1))],
    ['to be let in once more', authenticationOk],
    ['a key once more', message('K', Buffer.concat([int32(1), int32(2)]))],
    ['a row without a description', row],
    ['a row with a column too few', Buffer.concat([description, dataRow('x')])],
    ['a row with a column too many', Buffer.concat([description, dataRow('x', 'y', 'z')])],
    ['a row after the end', Buffer.concat([description, row, complete(), row])],
    ['a row without a body', Buffer.concat([description, message('D')])],
    ['a row with half a count', Buffer.concat([description, message('D', Buffer.of(0))])],
    ['a row with a count of −1', Buffer.concat([description, message('D', int16(-1))])],
    [
      'a value longer than its row',
      Buffer.concat([
        description,
        message('D', Buffer.concat([int16(2), int32(9), Buffer.from('x'), int32(-1)])),
      ]),
    ],
    [
      'a value of −2 bytes',
      Buffer.concat([description, message('D', Buffer.concat([int16(2), int32(-2), int32(-1)]))]),
    ],
    [
      'a value of 2 GB',
      Buffer.concat([description, message('D', Buffer.concat([int16(2), int32(0x7fffffff), int32(-1)]))]),
    ],
    [
      'half a value’s length',
      Buffer.concat([description, message('D', Buffer.concat([int16(2), int32(-1), int16(0)]))]),
    ],
    [
      'bytes behind the last value',
      Buffer.concat([
        description,
        message('D', Buffer.concat([int16(2), int32(-1), int32(-1), Buffer.of(0)])),
      ]),
    ],
    ['a description without a body', message('T')],
    ['a description of −1 columns', message('T', int16(-1))],
    ['a description of 1665 columns', message('T', int16(1665))],
    ['a description cut short', withLength(description.subarray(0, -1), description.length - 2)],
    ['a column’s name without an end', message('T', Buffer.concat([int16(1), Buffer.alloc(40, 'n')]))],
    ['bytes behind the description', message('T', Buffer.concat([description.subarray(5), Buffer.of(0)]))],
    ['a column in binary', withByte(description, -1, 1)],
    ['a tag without an end', message('C', 'SELECT 1')],
    ['a tag with two ends', message('C', 'SELECT 1\0\0')],
    ['an empty tag message', message('C')],
    ['ready in no known state', ready('X')],
    ['ready without a state', message('Z')],
    ['ready with two states', message('Z', 'II')],
    ['ready twice', Buffer.concat([complete(), ready(), ready()])],
    ['a setting without its value', message('S', 'TimeZone\0')],
    ['a setting without an end', message('S', 'TimeZone\0UTC')],
    ['a setting with more', message('S', 'TimeZone\0UTC\0x\0')],
    ['a notification without a process', message('A', 'ab')],
    ['a notification without a payload', message('A', Buffer.concat([int32(1), Buffer.from('channel\0')]))],
    ['parameters that are not there', message('t', int16(3))],
    ['parameters without a count', message('t')],
    ['a copy of an unknown kind', message('G', Buffer.concat([Buffer.of(2), int16(0)]))],
    ['a copy without columns', message('H', Buffer.of(0))],
    ['a copy with columns that are not there', message('H', Buffer.concat([Buffer.of(0), int16(500)]))],
    ['a body where none belongs: 1', message('1', 'x')],
    ['a body where none belongs: I', message('I', 'x')],
    ['a body where none belongs: n', message('n', Buffer.of(0))],
    ['an error without anything', message('E')],
    ['an error without an end', message('E', 'SERROR\0Mtext\0')],
    ['an error whose text has no end', message('E', 'SERROR\0Mtext')],
    ['an error with more behind its end', message('E', 'SERROR\0Mtext\0\0\0')],
    ['an error with one byte', message('E', 'M')],
    ['a notice without anything', message('N')],
    ['a notice without an end', message('N', 'MA')],
  ];
  it.each(toAQuestion)('%s', (_name, bytes) => {
    const good = Buffer.concat([rowDescription({ it: 25 }), dataRow('good'), complete()]);
    for (const before of [Buffer.alloc(0), good]) {
      for (const chunk of [1, 3, 100_000]) {
        expect(() => taken(asked(), Buffer.concat([before, bytes]), chunk)).toThrow(WireFault);
      }
    }
  });

  const unasked: [string, Buffer][] = [
    ['a description', description],
    ['a tag', complete()],
    ['ready', ready()],
    ['a copy', message('G', Buffer.concat([Buffer.of(0), int16(0)]))],
    ['a parse that nobody asked for', message('1')],
  ];
  it.each(unasked)('without a question: %s', (_name, bytes) => {
    const made = guard();
    taken(made, letIn);
    expect(() => taken(made, bytes)).toThrow(/without a question/);
  });

  const before: [string, Buffer][] = [
    ['a setting', message('S', 'a\0b\0')],
    ['ready', ready()],
    ['a description', description],
    ['an error of 30 kB and more', withLength(error, 30_001)],
    ['another version of the protocol', message('v', Buffer.concat([int32(0), int32(0)]))],
    ['HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['SSH', Buffer.from('SSH-2.0-OpenSSH_9.2p1\r\n')],
  ];
  it.each(before)('before it has let anybody in: %s', (_name, bytes) => {
    for (const chunk of [1, 100_000]) expect(() => taken(guard(), bytes, chunk)).toThrow(WireFault);
  });

  it('before it is ready: rows, copies, to be let in twice', () => {
    for (const bytes of [description, complete(), authenticationOk, message('A')]) {
      expect(() => taken(guard(), Buffer.concat([authenticationOk, bytes]))).toThrow(WireFault);
    }
    expect(taken(guard(), Buffer.concat([authenticationOk, greeting]))).toHaveLength(letIn.length);
  });

  it('a key of another length', () => {
    for (const size of [0, 4, 7, 9, 300]) {
      const bytes = Buffer.concat([authenticationOk, message('K', Buffer.alloc(size))]);
      expect(() => taken(guard(), bytes)).toThrow(WireFault);
    }
  });

  it('an authentication without a code, or longer than any is', () => {
    expect(() => taken(guard(), message('R', 'abc'))).toThrow(WireFault);
    expect(() => taken(guard(), authentication(10, Buffer.alloc(2000, 'x')))).toThrow(WireFault);
  });

  it('says what and what to do', () => {
    expect(() => taken(asked(), message('y'))).toThrow(
      /^does not keep to PostgreSQL's protocol: message "y" came as the answer to a question\. The connection was closed\. Check that/,
    );
    expect(() => taken(guard(), message('v', int32(0)))).toThrow(/does not speak protocol 3\.0/);
  });
});

describe('one answer', () => {
  const most = (made: AnswerGuard, piece: Buffer): number => {
    let sent = 0;
    for (;;) {
      try {
        made.take(piece, () => {});
      } catch (fault) {
        expect(String(fault)).toMatch(/sent more than 64 MB as the answer to one question/);
        return sent;
      }
      sent += piece.length;
      if (sent > 2 * ANSWER_BYTES) throw new Error('endless');
    }
  };

  it('of large rows has 64 MB', () => {
    const made = asked();
    made.take(rowDescription({ it: 25 }), () => {});
    const sent = most(made, dataRow('x'.repeat(1 << 20)));
    expect(sent).toBeGreaterThan(ANSWER_BYTES * 0.95);
    expect(sent).toBeLessThanOrEqual(ANSWER_BYTES);
  });

  it('of rows without columns has less, for the memory that they take', () => {
    const made = asked();
    made.take(rowDescription({}), () => {});
    const piece = Buffer.concat(Array(1000).fill(dataRow()));
    expect(most(made, piece)).toBeLessThan(ANSWER_BYTES / 5);
  });

  it('of notices has no more, nor has what nobody asked for', () => {
    const notice = failure('01000', 'x'.repeat(1 << 20), 'N');
    expect(most(asked(), notice)).toBeLessThanOrEqual(ANSWER_BYTES);
    const idle = guard();
    taken(idle, letIn);
    expect(most(idle, notice)).toBeLessThanOrEqual(ANSWER_BYTES);
  });

  it('is counted anew for each question', () => {
    const made = asked();
    const answer = Buffer.concat([
      rowDescription({ it: 25 }),
      dataRow('x'.repeat(20 << 20)),
      complete(),
      ready(),
    ]);
    for (let n = 0; n < 5; n++) {
      made.take(answer, () => {});
      made.sent(QUERY);
    }
  });

  it('takes a time that grows with its length, however it is cut', () => {
    const made = asked();
    const start = performance.now();
    made.take(rowDescription({ it: 25 }), () => {});
    taken(made, dataRow('x'.repeat(32 << 20)), 1400);
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});

describe('errors and notices', () => {
  const text = (bytes: Buffer): Record<string, string> => {
    const said: Record<string, string> = {};
    for (const field of bytes.toString('utf8', 5).split('\0'))
      if (field !== '') said[field[0] as string] = field.slice(1);
    return said;
  };

  it('come with 2 kB of each field at most, cut between characters', () => {
    for (const type of ['E', 'N'] as const) {
      const out = text(
        taken(
          asked(),
          fields({ S: 'ERROR', C: '42P01', M: 'é'.repeat(5000), D: 'd'.repeat(1 << 20), H: 'h' }, type),
        ),
      );
      expect(out).toEqual({
        S: 'ERROR',
        C: '42P01',
        M: `${'é'.repeat(1000)}…`,
        D: `${'d'.repeat(2000)}…`,
        H: 'h',
      });
      const odd = text(taken(asked(), fields({ M: `a${'é'.repeat(5000)}` }, type)));
      expect(odd.M).toBe(`a${'é'.repeat(999)}…`);
    }
  });

  it('come with each field once, and with those alone that PostgreSQL has', () => {
    const body = `SERROR\0Mfirst\0${'Msecond\0'.repeat(1000)}${'ZZ\0'.repeat(1000)}\u{1}x\0\0`;
    expect(text(taken(asked(), message('E', body)))).toEqual({ S: 'ERROR', M: 'first' });
    expect(text(taken(asked(), message('E', 'SERROR\0\0')))).toEqual({ S: 'ERROR', M: '(no text)' });
  });

  it('come with what cannot be seen as escapes', () => {
    const said = text(taken(asked(), failure('42P01', 'gnp.\u202eexe\u001b[31m\u0007\ttab\nline')));
    expect(said.M).toBe('gnp.\\u202Eexe\\u001B[31m\\u0007\ttab\nline');
  });

  it('come in their place among other messages', () => {
    const notice = failure('01000', 'n', 'N');
    const bytes = Buffer.concat([notice, description, row, notice, complete(), ready()]);
    for (const chunk of [1, 6, 100_000]) expect(taken(asked(), bytes, chunk)).toEqual(bytes);
  });
});
