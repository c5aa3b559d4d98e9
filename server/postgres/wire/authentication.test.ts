/** What a server may ask for, by how the connection stands and by what the DSN says. */
import { describe, expect, it } from 'vitest';
import { requiredMethods } from '#server/postgres/require-auth.ts';
import { authentication, sasl } from '#server/testing/wire-messages.ts';
import { Authentication, type AuthPolicy, type Security } from './authentication.ts';

const STRANGER: Security = { encrypted: false, verified: false, local: false };
const LOCAL: Security = { ...STRANGER, local: true };
const TLS: Security = { ...STRANGER, encrypted: true };
const VERIFIED: Security = { ...TLS, verified: true };

const PASSWORD = authentication(3);
const MD5 = authentication(5, 'salt');
const SCRAM = sasl('SCRAM-SHA-256');
const SCRAM_BOTH = sasl('SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256');
const CONTINUE = authentication(11, 'r=x');
const FINAL = authentication(12, 'v=x');
const OK = authentication(0);

/** The driver's choice. */
const chosen = (mechanism: string): Buffer => Buffer.from(`p\0\0\0\0${mechanism}\0data`);

/** Null: let in; else why not. Text among the messages is the driver's mechanism. */
function outcome(
  security: Security,
  messages: (Buffer | string)[],
  more: Partial<Omit<AuthPolicy, 'methods'>> & { require_auth?: string } = {},
): string | null {
  const { require_auth, ...policy } = more;
  const made = new Authentication(
    { channelBinding: 'prefer', hasPassword: true, methods: requiredMethods(require_auth), ...policy },
    security,
  );
  try {
    for (const message of messages) {
      if (typeof message === 'string') made.answered(chosen(message));
      else made.asked({ bytes: message, from: 5, to: message.length });
    }
  } catch (error) {
    return (error as Error).message;
  }
  return made.done ? null : 'not done';
}

const scram = (offer = SCRAM, mechanism = 'SCRAM-SHA-256') => [offer, mechanism, CONTINUE, FINAL, OK];

describe('a password in clear, or its md5 hash', () => {
  it('goes to this machine and over verified TLS', () => {
    for (const security of [LOCAL, VERIFIED]) {
      expect(outcome(security, [PASSWORD, OK])).toBeNull();
      expect(outcome(security, [MD5, OK])).toBeNull();
    }
  });

  it('goes to nobody else, who is told how instead', () => {
    for (const [security, why] of [
      [STRANGER, 'on a connection without TLS'],
      [TLS, 'whose certificate was not verified'],
    ] as const) {
      for (const [message, what] of [
        [PASSWORD, 'asks for the password in clear'],
        [MD5, 'asks for an md5 hash of the password'],
      ] as const) {
        const said = outcome(security, [message, OK]) ?? '';
        expect(said).toContain(what);
        expect(said).toContain(why);
        expect(said).toMatch(/sslmode=verify-full/);
        expect(said).toMatch(/scram-sha-256/);
      }
    }
  });

  it('SCRAM, which shows no password, goes anywhere', () => {
    for (const security of [STRANGER, TLS, VERIFIED, LOCAL]) expect(outcome(security, scram())).toBeNull();
  });
});

describe('what the console does not do', () => {
  it.each([
    [2, /Kerberos 5/],
    [6, /SCM credential/],
    [7, /GSSAPI \(Kerberos\)/],
    [8, /GSSAPI \(Kerberos\)/],
    [9, /SSPI \(Windows\)/],
    [1, /does not know \(code 1\)/],
    [13, /does not know \(code 13\)/],
    [-1, /does not know \(code -1\)/],
    [0x7fffffff, /does not know \(code 2147483647\)/],
  ])('code %i is refused with what it is and what to do', (code, words) => {
    const said = outcome(VERIFIED, [authentication(code, 'data')]) ?? '';
    expect(said).toMatch(words);
    expect(said).toMatch(/scram-sha-256 .* pg_hba\.conf/);
  });

  it('mechanisms: each is named, a hostile one as escapes and cut', () => {
    expect(outcome(VERIFIED, [sasl('OAUTHBEARER')])).toMatch(
      /^offers OAUTHBEARER, and the console supports SCRAM-SHA-256 only/,
    );
    expect(outcome(VERIFIED, [sasl()])).toMatch(/^offers no way to authenticate/);
    expect(outcome(VERIFIED, [sasl(`\u202e${'x'.repeat(500)}`)])).toMatch(/^offers \\u202Ex{39}…,/);
    expect(outcome(STRANGER, [sasl('SCRAM-SHA-256-PLUS')])).toMatch(/^offers SCRAM-SHA-256-PLUS/);
  });
});

describe('what is malformed or out of order', () => {
  it.each([
    ['a password with a salt', [authentication(3, 'salt')]],
    ['md5 without a salt', [authentication(5)]],
    ['md5 with a longer one', [authentication(5, 'saltsalt')]],
    ['ok with more', [authentication(0, 'x')]],
    ['mechanisms without an end', [authentication(10, 'SCRAM-SHA-256')]],
    ['mechanisms without the last end', [authentication(10, 'SCRAM-SHA-256\0')]],
    ['mechanisms with more behind them', [authentication(10, 'SCRAM-SHA-256\0\0x')]],
    ['no mechanisms at all', [authentication(10)]],
    ['endless mechanisms', [authentication(10, `${'A\0'.repeat(100)}\0`)]],
    ['SASL goes on before it began', [CONTINUE]],
    ['SASL ends before it went on', [SCRAM, FINAL]],
    ['SASL goes on twice', [SCRAM, CONTINUE, CONTINUE]],
    ['a password after SASL began', [SCRAM, PASSWORD]],
    ['SASL after a password', [PASSWORD, SCRAM]],
    ['a password twice', [PASSWORD, PASSWORD]],
    ['in, and in again', [OK, OK]],
  ])('%s', (_name, messages) => {
    expect(outcome(LOCAL, messages)).toMatch(/does not keep to PostgreSQL's protocol/);
  });

  it('in without a proof that the server knows the password', () => {
    expect(outcome(VERIFIED, [SCRAM, OK])).toMatch(/without proving that it knows the password/);
    expect(outcome(VERIFIED, [SCRAM, CONTINUE, OK])).toMatch(/without proving/);
  });

  it('no password where one is asked for', () => {
    for (const message of [PASSWORD, MD5, SCRAM]) {
      expect(outcome(LOCAL, [message], { hasPassword: false })).toBe(
        'asks for a password, and the DSN has none.',
      );
    }
    expect(outcome(LOCAL, [OK], { hasPassword: false })).toBeNull();
  });
});

describe('require_auth', () => {
  const WAYS = {
    none: [OK],
    password: [PASSWORD, OK],
    md5: [MD5, OK],
    'scram-sha-256': scram(),
  };
  it.each([
    ['', ['none', 'password', 'md5', 'scram-sha-256']],
    ['scram-sha-256', ['scram-sha-256']],
    ['password', ['password']],
    ['md5,scram-sha-256', ['md5', 'scram-sha-256']],
    ['none', ['none']],
    ['none,gss,sspi', ['none']],
    ['!password', ['none', 'md5', 'scram-sha-256']],
    ['!password,!md5,!none', ['scram-sha-256']],
    ['!none', ['password', 'md5', 'scram-sha-256']],
    ['!gss', ['none', 'password', 'md5', 'scram-sha-256']],
  ])('%s', (require_auth, allowed) => {
    for (const [name, messages] of Object.entries(WAYS)) {
      const said = outcome(LOCAL, messages, { require_auth });
      if (allowed.includes(name)) expect(said, name).toBeNull();
      else expect(said, name).toMatch(/and require_auth in the DSN allows /);
    }
  });
});

describe('channel_binding', () => {
  const PLUS = scram(SCRAM_BOTH, 'SCRAM-SHA-256-PLUS');
  it('require: SCRAM-SHA-256-PLUS over TLS and nothing else', () => {
    const require = { channelBinding: 'require' } as const;
    expect(outcome(TLS, PLUS, require)).toBeNull();
    expect(outcome(TLS, scram(SCRAM_BOTH), require)).toMatch(/let the console in without channel binding/);
    expect(outcome(TLS, scram(), require)).toMatch(/offers no channel binding/);
    expect(outcome(VERIFIED, [PASSWORD, OK], require)).toMatch(
      /asks for the password, and channel_binding=require/,
    );
    expect(outcome(VERIFIED, [MD5, OK], require)).toMatch(/channel_binding=require/);
    expect(outcome(VERIFIED, [OK], require)).toMatch(
      /asked for no authentication, and channel_binding=require/,
    );
    for (const messages of [scram(), PLUS, [PASSWORD], [OK]]) {
      expect(outcome(LOCAL, messages, require)).toMatch(
        /reached without TLS, and channel_binding=require needs it/,
      );
    }
  });

  it('prefer and disable: whatever the server has', () => {
    for (const channelBinding of ['prefer', 'disable'] as const) {
      expect(outcome(TLS, scram(SCRAM_BOTH), { channelBinding })).toBeNull();
      expect(outcome(TLS, scram(), { channelBinding })).toBeNull();
      expect(outcome(STRANGER, [OK], { channelBinding })).toBeNull();
    }
    expect(outcome(TLS, PLUS, { channelBinding: 'prefer' })).toBeNull();
    const only = sasl('SCRAM-SHA-256-PLUS');
    expect(outcome(TLS, scram(only, 'SCRAM-SHA-256-PLUS'), { channelBinding: 'prefer' })).toBeNull();
    expect(outcome(TLS, [only], { channelBinding: 'disable' })).toMatch(/^offers SCRAM-SHA-256-PLUS/);
  });
});
