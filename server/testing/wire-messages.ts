/** For tests: messages of a server as PostgreSQL's protocol 3.0 has them, so that a test can then spoil them. */

export function message(type: string, body: Buffer | string = ''): Buffer {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const head = Buffer.alloc(5);
  head.write(type, 0, 'latin1');
  head.writeUInt32BE(bytes.length + 4, 1);
  return Buffer.concat([head, bytes]);
}

export const int16 = (value: number): Buffer => Buffer.of((value >> 8) & 255, value & 255);

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

/** AuthenticationXXX */
export const authentication = (code: number, rest: Buffer | string = ''): Buffer =>
  message('R', Buffer.concat([int32(code), Buffer.from(rest)]));

export const authenticationOk = authentication(0);

export const sasl = (...mechanisms: string[]): Buffer =>
  authentication(10, `${mechanisms.map((name) => `${name}\0`).join('')}\0`);

export const ready = (status = 'I'): Buffer => message('Z', status);

/** What a server says between letting somebody in and its first ReadyForQuery. */
export const greeting: Buffer = Buffer.concat([
  message('S', 'server_version\x0018.4\0'),
  message('S', 'client_encoding\0UTF8\0'),
  message('K', Buffer.concat([int32(4711), int32(12345)])),
  ready(),
]);

export const letIn: Buffer = Buffer.concat([authenticationOk, greeting]);

/** `name: type` of each column; 25 is text. */
export const rowDescription = (columns: Record<string, number>): Buffer =>
  message(
    'T',
    Buffer.concat([
      int16(Object.keys(columns).length),
      ...Object.entries(columns).map(([name, type]) =>
        Buffer.concat([
          Buffer.from(`${name}\0`),
          int32(0),
          int16(0),
          int32(type),
          int16(-1),
          int32(-1),
          int16(0),
        ]),
      ),
    ]),
  );

export const dataRow = (...values: (string | null)[]): Buffer =>
  message(
    'D',
    Buffer.concat([
      int16(values.length),
      ...values.map((value) => {
        if (value === null) return int32(-1);
        const bytes = Buffer.from(value);
        return Buffer.concat([int32(bytes.length), bytes]);
      }),
    ]),
  );

export const complete = (tag = 'SELECT 1'): Buffer => message('C', `${tag}\0`);

/** An answer of one row and column of text. */
export const oneRow = (value: string | null, type = 25): Buffer =>
  Buffer.concat([rowDescription({ it: type }), dataRow(value), complete(), ready()]);

/** ErrorResponse, or with `type` N a NoticeResponse. */
export const fields = (said: Record<string, string>, type: 'E' | 'N' = 'E'): Buffer =>
  message(
    type,
    `${Object.entries(said)
      .map(([field, text]) => `${field}${text}\0`)
      .join('')}\0`,
  );

export const failure = (sqlstate: string, text: string, type: 'E' | 'N' = 'E'): Buffer =>
  fields(
    { S: type === 'E' ? 'ERROR' : 'NOTICE', V: type === 'E' ? 'ERROR' : 'NOTICE', C: sqlstate, M: text },
    type,
  );
