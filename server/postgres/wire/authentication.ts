/**
 * What a server may ask for before it lets us in, and in which order: libpq's `require_auth` and `channel_binding`
 * (libpq-connect.html; fe-auth.c, check_expected_areq), and one rule of the console's own: no password goes in clear, or as an
 * md5 hash, to whoever answers, unless the certificate was verified or the server is on this machine.
 */
import { shownStart } from '#core/model/shown-text.ts';
import { type Body, malformed, TYPE } from './body.ts';
import { notProtocol, WireFault } from './fault.ts';

/** Of `require_auth`; gss, sspi and oauth are known, and never done. */
export type AuthMethod = 'none' | 'password' | 'md5' | 'scram-sha-256' | 'gss' | 'sspi' | 'oauth';

export interface AuthPolicy {
  /** Null: whatever the server asks for. */
  methods: ReadonlySet<AuthMethod> | null;
  channelBinding: 'disable' | 'prefer' | 'require';
  hasPassword: boolean;
}

/** How the connection stands when the server asks. */
export interface Security {
  encrypted: boolean;
  /** The certificate leads to a root that was named. */
  verified: boolean;
  /** A unix socket, or an address of this machine. */
  local: boolean;
}

type State = 'begun' | 'password' | 'md5' | 'sasl' | 'sasl-continue' | 'sasl-final' | 'done';

const CODE = {
  ok: 0,
  kerberos5: 2,
  password: 3,
  md5: 5,
  scmCredential: 6,
  gss: 7,
  gssContinue: 8,
  sspi: 9,
  sasl: 10,
  saslContinue: 11,
  saslFinal: 12,
} as const;

const FOREIGN: Partial<Record<number, string>> = {
  [CODE.kerberos5]: 'Kerberos 5',
  [CODE.scmCredential]: 'SCM credential',
  [CODE.gss]: 'GSSAPI (Kerberos)',
  [CODE.gssContinue]: 'GSSAPI (Kerberos)',
  [CODE.sspi]: 'SSPI (Windows)',
};

const SCRAM = 'SCRAM-SHA-256';
const SCRAM_PLUS = 'SCRAM-SHA-256-PLUS';
/** The console's own, beside libpq's longest list of names. */
const MOST_MECHANISMS = 20;

const USE_SCRAM =
  'Put a line with scram-sha-256 for this role and address before it in pg_hba.conf there, or give a role that has one.';

export class Authentication {
  readonly #policy: AuthPolicy;
  readonly #security: Security;
  #state: State = 'begun';
  /** What the driver chose. */
  #mechanism: string | null = null;

  constructor(policy: AuthPolicy, security: Security) {
    this.#policy = policy;
    this.#security = security;
  }

  /** The server let us in. */
  get done(): boolean {
    return this.#state === 'done';
  }

  /** A message "R" of the server, its length checked to be 4 at least. Throws WireFault: the driver gets to see no such message. */
  asked(body: Body): void {
    const { bytes, from, to } = body;
    const code = bytes.readInt32BE(from);
    const rest = to - from - 4;
    const foreign = FOREIGN[code];
    if (foreign !== undefined) {
      throw new WireFault(
        'auth',
        `asks for ${foreign} authentication, which the console does not support. ${USE_SCRAM}`,
      );
    }
    switch (code) {
      case CODE.ok:
        if (rest !== 0) throw malformed(TYPE.authentication);
        this.#letIn();
        return;
      case CODE.password:
      case CODE.md5:
        if (rest !== (code === CODE.md5 ? 4 : 0)) throw malformed(TYPE.authentication);
        this.#expect('begun');
        this.#passwordAsked(code === CODE.md5 ? 'md5' : 'password');
        return;
      case CODE.sasl:
        this.#expect('begun');
        this.#saslAsked(mechanismsOf(body));
        return;
      case CODE.saslContinue:
        this.#expect('sasl');
        this.#state = 'sasl-continue';
        return;
      case CODE.saslFinal:
        this.#expect('sasl-continue');
        this.#state = 'sasl-final';
        return;
      default:
        throw new WireFault(
          'auth',
          `asks for an authentication that the console does not know (code ${code}). ${USE_SCRAM}`,
        );
    }
  }

  /** The driver's first answer to a SASL request: the mechanism's name and its data. */
  answered(message: Buffer): void {
    if (this.#state !== 'sasl' || this.#mechanism !== null) return;
    const end = message.indexOf(0, 5);
    if (end > 0) this.#mechanism = message.toString('latin1', 5, end);
  }

  #expect(state: State): void {
    if (this.#state !== state) throw notProtocol('its requests to authenticate come out of order');
  }

  #passwordAsked(kind: 'password' | 'md5'): void {
    const { encrypted, verified, local } = this.#security;
    this.#checkAllowed(kind);
    this.#refuseUnbound(`asks for ${kind === 'md5' ? 'an md5 hash of the password' : 'the password'}`);
    if (!verified && !local) {
      const what = kind === 'md5' ? 'an md5 hash of the password' : 'the password in clear';
      const why = encrypted
        ? 'whose certificate was not verified: an impostor would get it'
        : 'without TLS: anybody on the network path would get it';
      throw new WireFault(
        'auth',
        `asks for ${what}, on a connection ${why}. Write sslmode=verify-full and sslrootcert in the DSN; or have the password stored as SCRAM there (password_encryption = 'scram-sha-256', then ALTER ROLE … PASSWORD anew) and scram-sha-256 in pg_hba.conf.`,
      );
    }
    this.#needPassword();
    this.#state = kind;
  }

  #saslAsked(mechanisms: string[]): void {
    this.#checkAllowed('scram-sha-256');
    const { channelBinding } = this.#policy;
    if (channelBinding === 'require') {
      this.#refuseUnencrypted();
      if (!mechanisms.includes(SCRAM_PLUS)) this.#refuseUnbound('offers no channel binding');
    }
    const bound = this.#security.encrypted && channelBinding !== 'disable';
    if (!mechanisms.includes(SCRAM) && !(bound && mechanisms.includes(SCRAM_PLUS))) {
      const offered = mechanisms.map((name) => shownStart(name, 40)).join(', ');
      throw new WireFault(
        'auth',
        `offers ${offered === '' ? 'no way to authenticate' : offered}, and the console supports ${SCRAM} only. ${USE_SCRAM}`,
      );
    }
    this.#needPassword();
    this.#state = 'sasl';
  }

  #letIn(): void {
    if (this.#state === 'sasl' || this.#state === 'sasl-continue') {
      throw new WireFault(
        'auth',
        'let the console in without proving that it knows the password: it may be another server.',
      );
    }
    if (this.#state === 'done') throw notProtocol('it lets the console in twice');
    if (this.#state === 'begun') {
      this.#checkAllowed('none');
      this.#refuseUnbound('asked for no authentication');
    }
    if (this.#policy.channelBinding === 'require' && this.#mechanism !== SCRAM_PLUS) {
      this.#refuseUnbound('let the console in without channel binding');
    }
    this.#state = 'done';
  }

  #checkAllowed(method: AuthMethod): void {
    const { methods } = this.#policy;
    if (methods === null || methods.has(method)) return;
    const said = {
      none: 'asked for no authentication',
      password: 'asks for the password in clear',
      md5: 'asks for an md5 hash of the password',
      'scram-sha-256': 'asks for SCRAM',
    }[method as 'none' | 'password' | 'md5' | 'scram-sha-256'];
    throw new WireFault(
      'auth',
      `${said}, and require_auth in the DSN allows ${[...methods].sort().join(', ')} only.`,
    );
  }

  #refuseUnencrypted(): void {
    if (!this.#security.encrypted) {
      throw new WireFault(
        'auth',
        'is reached without TLS, and channel_binding=require needs it. Write sslmode=require, or better verify-full.',
      );
    }
  }

  #refuseUnbound(said: string): void {
    if (this.#policy.channelBinding !== 'require') return;
    this.#refuseUnencrypted();
    throw new WireFault(
      'auth',
      `${said}, and channel_binding=require in the DSN asks for ${SCRAM_PLUS}. A pooler or proxy that ends TLS has none.`,
    );
  }

  #needPassword(): void {
    if (!this.#policy.hasPassword) {
      throw new WireFault('auth', 'asks for a password, and the DSN has none.');
    }
  }
}

/** Names with their zero bytes, and one zero byte more. */
function mechanismsOf({ bytes, from, to }: Body): string[] {
  const names: string[] = [];
  let at = from + 4;
  for (;;) {
    const end = bytes.subarray(at, to).indexOf(0);
    if (end < 0 || names.length > MOST_MECHANISMS) throw malformed(TYPE.authentication);
    if (end === 0) break;
    names.push(bytes.toString('utf8', at, at + end));
    at += end + 1;
  }
  if (at + 1 !== to) throw malformed(TYPE.authentication);
  return names;
}
