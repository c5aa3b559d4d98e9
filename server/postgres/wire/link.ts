/**
 * What the driver takes for its socket. Connects, negotiates TLS (protocol-flow.html, "SSL Session Encryption"), and gives
 * the driver whole, well-formed messages only. A fault, also one that the driver's own code throws at what it is given, ends
 * this connection and is told by its 'error'; it never leaves the link as an exception.
 */
import { EventEmitter } from 'node:events';
import { isIP, Socket } from 'node:net';
import {
  type ConnectionOptions,
  connect as connectTls,
  type PeerCertificate,
  type TLSSocket,
} from 'node:tls';
import { shownStart } from '#core/model/shown-text.ts';
import { isUnixSocket } from '#server/postgres/targets.ts';
import { AnswerGuard } from './answer-guard.ts';
import { Authentication, type AuthPolicy } from './authentication.ts';
import { notProtocol, WireFault } from './fault.ts';
import { inTurn } from './turn.ts';

export interface LinkOptions {
  /** A name or address, or the folder of a unix socket. */
  host: string;
  hostaddr: string | null;
  port: number;
  /** Null: without TLS. */
  tls: { options: ConnectionOptions; verified: boolean; direct: boolean } | null;
  policy: AuthPolicy;
}

/** protocol-message-formats.html, SSLRequest */
const SSL_REQUEST = Buffer.of(0, 0, 0, 8, 4, 210, 22, 47);
const ALPN = 'postgresql';
const YES = 0x53;
const NO = 0x4e;

/** Events as of a net.Socket: connect (TLS included), data, error, end, close. */
export class Link extends EventEmitter {
  readonly #options: LinkOptions;
  readonly #socket = new Socket();
  #tls: TLSSocket | null = null;
  #guard: AnswerGuard | null = null;
  #over = false;
  #closed = false;
  /** Pieces that came and were not read yet: what happens to the socket meanwhile is told after them. */
  #unread = 0;
  readonly #afterUnread: (() => void)[] = [];

  constructor(options: LinkOptions) {
    super();
    this.#options = options;
    const socket = this.#socket;
    socket.setNoDelay(true);
    socket.on('error', (error) => this.#inOrder(() => this.#fail(error)));
    socket.on('close', () => this.#inOrder(() => this.#close()));
  }

  /** Whether anything came back, be it a part of a TLS handshake. */
  get heard(): boolean {
    return this.#socket.bytesRead > 0;
  }

  /** The driver names host and port; we know better. */
  connect(): this {
    const { host, hostaddr, port, tls } = this.#options;
    const socket = this.#socket;
    if (isUnixSocket(this.#options)) socket.connect(`${host}/.s.PGSQL.${port}`);
    else socket.connect(port, hostaddr ?? host);
    socket.once('connect', () => {
      if (tls === null) this.#begin(socket);
      else if (tls.direct) this.#encrypt(tls);
      else this.#askForTls(tls);
    });
    return this;
  }

  #askForTls(tls: NonNullable<LinkOptions['tls']>): void {
    this.#socket.once('data', (answer: Buffer) => {
      const [first] = answer;
      if (first === NO && answer.length === 1) {
        this.#fail(
          new WireFault(
            'protocol',
            'does not offer TLS, which sslmode asks for. Switch ssl on there, or write sslmode=prefer.',
            { mayTryOtherWay: true },
          ),
        );
      } else if (first !== YES) {
        this.#fail(
          new WireFault('protocol', 'does not answer the request for TLS as a PostgreSQL server does.', {
            mayTryOtherWay: true,
          }),
        );
      } else if (answer.length > 1) {
        // Whoever is on the way may have put it there, to be taken for the server's (CVE-2021-23222).
        this.#fail(notProtocol('it sent something in clear before TLS began'));
      } else this.#encrypt(tls);
    });
    this.#socket.write(SSL_REQUEST);
  }

  #encrypt({ options, direct }: NonNullable<LinkOptions['tls']>): void {
    const { host } = this.#options;
    try {
      const tls = connectTls({
        ...options,
        socket: this.#socket,
        host,
        // No address may be named so (RFC 6066, 3).
        ...(isIP(host) === 0 ? { servername: host } : {}),
        ...(direct ? { ALPNProtocols: [ALPN] } : {}),
      });
      this.#tls = tls;
      tls.on('error', (error) => this.#inOrder(() => this.#fail(tlsFault(error))));
      tls.on('close', () => this.#socket.destroy());
      tls.once('secureConnect', () => {
        if (direct && tls.alpnProtocol !== ALPN) {
          this.#fail(new WireFault('protocol', 'does not do direct TLS: leave out sslnegotiation=direct.'));
        } else this.#begin(tls);
      });
    } catch (error) {
      this.#fail(tlsFault(error as Error));
    }
  }

  #begin(stream: Socket): void {
    if (this.#over) return;
    const { tls, policy } = this.#options;
    this.#guard = new AnswerGuard(
      new Authentication(policy, {
        encrypted: tls !== null,
        verified: tls?.verified === true,
        local: isUnixSocket(this.#options) || isLoopback(this.#socket.remoteAddress),
      }),
    );
    stream.on('data', (chunk: Buffer) => {
      this.#unread++;
      const waits = inTurn(() => {
        this.#take(chunk);
        if (--this.#unread > 0) return;
        for (const told of this.#afterUnread.splice(0)) told();
        if (stream.isPaused()) stream.resume();
      });
      if (waits) stream.pause();
    });
    stream.on('end', () => this.#inOrder(() => this.emit('end')));
    this.emit('connect');
  }

  #inOrder(told: () => void): void {
    if (this.#unread > 0) this.#afterUnread.push(told);
    else told();
  }

  #take(chunk: Buffer): void {
    if (this.#over) return;
    try {
      this.#guard?.take(chunk, (messages) => {
        if (!this.#over) this.emit('data', messages);
      });
    } catch (error) {
      this.#fail(error instanceof WireFault ? error : unreadable(error));
    }
  }

  #fail(error: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#tls?.destroy();
    this.#socket.destroy();
    this.emit('error', error);
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#over = true;
    this.emit('close');
  }

  get writable(): boolean {
    return !this.#over && (this.#tls ?? this.#socket).writable;
  }

  write(bytes: Buffer, done?: () => void): boolean {
    this.#guard?.sent(bytes);
    if (this.#over) return false;
    return (this.#tls ?? this.#socket).write(bytes, done);
  }

  cork(): void {
    (this.#tls ?? this.#socket).cork();
  }

  uncork(): void {
    (this.#tls ?? this.#socket).uncork();
  }

  end(): void {
    (this.#tls ?? this.#socket).end();
  }

  destroy(): void {
    this.#over = true;
    this.#tls?.destroy();
    this.#socket.destroy();
  }

  setNoDelay(): void {}

  setKeepAlive(on: boolean): void {
    this.#socket.setKeepAlive(on);
  }

  ref(): void {
    this.#socket.ref();
  }

  unref(): void {
    this.#socket.unref();
  }

  /** For channel binding. */
  getPeerCertificate(): PeerCertificate | undefined {
    return this.#tls?.getPeerCertificate();
  }
}

const isLoopback = (address: string | undefined): boolean =>
  address !== undefined && (address === '::1' || /^(?:::ffff:)?127\./.test(address));

const tlsFault = (error: Error): WireFault =>
  new WireFault(
    'protocol',
    `and the console could not set up TLS (${shownStart(error.message, 300)}). Check sslmode and sslrootcert in the DSN.`,
    {
      mayTryOtherWay: true,
    },
  );

const unreadable = (error: unknown): WireFault =>
  notProtocol(`the driver cannot read it (${shownStart(String((error as Error)?.message ?? error), 300)})`);
