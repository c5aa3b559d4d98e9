/**
 * Who may enter: a bearer token (TRICORDER_TOKEN), a one-time link, or the session that either of them opened. Tokens are
 * compared in constant time. Wrong ones are counted, and of an address that sent many no more are judged; but what is right
 * is let in from any address: it cannot be guessed, and whoever can make requests in somebody's name must not lock him out.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Link, LinkMaker, Links, Taken } from '#server/store/links.ts';
import type { SessionInfo, Sessions } from '#server/store/sessions.ts';
import type { DoorLog } from './door-log.ts';
import { WrongTokens } from './wrong-tokens.ts';

export type Verdict = 'ok' | 'wrong' | 'too-many';
/** Why a token that was given to open a session did not. */
export type Refused = Exclude<Taken['state'], 'ok'> | 'too-many';
export type Entered = { session: string } | { refused: Refused };

export interface Visitor {
  address: string;
  /** Short: `Firefox on Linux`. */
  browser: string;
}

export interface AccessParts {
  /** TRICORDER_TOKEN; null: no fixed token, only links and sessions. */
  token: string | null;
  sessions: Sessions;
  links: Links;
  log: DoorLog;
}

const MAKERS: Record<LinkMaker, string> = {
  start: 'printed at startup',
  terminal: 'made by Enter in the terminal',
  api: 'made in Settings',
  'new-link': 'made by --new-link',
};

export class Access {
  readonly #parts: AccessParts;
  readonly #fixed: Buffer | null;
  readonly #wrong = new WrongTokens();

  constructor(parts: AccessParts) {
    this.#parts = parts;
    this.#fixed = parts.token === null ? null : digest(parts.token);
  }

  /** A link that lets one browser in, once, within 15 minutes. */
  createLink(by: LinkMaker, who?: Visitor): Link {
    const link = this.#parts.links.make(by);
    if (who !== undefined) this.#parts.log.info(`a link was created by ${shown(who)}`);
    return link;
  }

  /** `Authorization: Bearer …`: the fixed token only. */
  bearer(token: string, address: string): Verdict {
    if (this.#isFixed(token)) return 'ok';
    return this.#refuse(address, 'a wrong bearer token');
  }

  /** Opens a session for the fixed token, or for a link's, which is used up by that. */
  enter(token: string, who: Visitor): Entered {
    const { sessions, links, log } = this.#parts;
    if (this.#isFixed(token)) {
      log.info(`${shown(who)} was let in by TRICORDER_TOKEN`);
      return { session: sessions.create({ ...who, token }) };
    }
    const taken = links.take(token);
    if (taken.state === 'ok') {
      log.info(`${shown(who)} was let in by a link ${MAKERS[taken.by]}`);
      return { session: sessions.create({ ...who, token: null }) };
    }
    // Whoever has a link that was good once has guessed nothing.
    if (taken.state !== 'unknown') {
      log.refused(`${shown(who)} was refused: ${REFUSALS[taken.state]}`);
      return { refused: taken.state };
    }
    const verdict = this.#refuse(who.address, 'an unknown token');
    return { refused: verdict === 'wrong' ? 'unknown' : 'too-many' };
  }

  /** The id of the session; null: it does not live. */
  session(secret: string): string | null {
    return this.#parts.sessions.use(secret);
  }

  sessions(): SessionInfo[] {
    return this.#parts.sessions.list();
  }

  /** Null: there is no such session. Throws StorageError. */
  end(id: string, by: string): SessionInfo | null {
    const ended = this.#parts.sessions.end(id);
    if (ended !== null) this.#parts.log.info(`the session of ${shown(ended)} was ended by ${by}`);
    return ended;
  }

  /** Called with the id of each session that is ended. Returns what ends the listening. */
  onEnd(listener: (id: string) => void): () => void {
    return this.#parts.sessions.onEnd(listener);
  }

  #isFixed(token: string): boolean {
    return this.#fixed !== null && timingSafeEqual(this.#fixed, digest(token));
  }

  #refuse(address: string, what: string): 'wrong' | 'too-many' {
    const { verdict, locked } = this.#wrong.note(address);
    if (locked)
      this.#parts.log.refused(
        `${address} sent ${WrongTokens.ALLOWED} wrong tokens: it is locked out for a minute`,
      );
    else if (verdict === 'wrong') this.#parts.log.refused(`${address} was refused: ${what}`);
    return verdict;
  }
}

const REFUSALS: Record<'used' | 'too-old' | 'ended', string> = {
  used: 'its link has been used',
  'too-old': 'its link is too old',
  ended: 'its link was made before this start',
};

const shown = ({ address, browser }: Visitor): string => `${browser} at ${address}`;

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
