/** Coming in and going out: the requests that stand outside the contract, since who asks is not let in yet. */
import { ORPCError } from '@orpc/client';

/** Why the console did not take a token; null: it did not say. */
export type RefusedBecause = 'used' | 'too-old' | 'ended' | 'unknown' | null;

/** The console's answer to a token that it did not take. */
export class NotLetIn extends ORPCError<string, unknown> {
  readonly because: RefusedBecause;
  constructor(status: number, code: string, message: string | undefined, because: RefusedBecause) {
    super(code, { status, message });
    this.because = because;
  }
}

/** Trades a token for a session cookie. Throws NotLetIn when the console does not take it. */
export async function openSession(token: string): Promise<void> {
  const response = await fetch('/api/v1/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  });
  if (response.ok) return;
  const said: { code?: string; message?: string; reason?: RefusedBecause } = await response
    .json()
    .catch(() => ({}));
  throw new NotLetIn(response.status, said.code ?? 'UNAUTHORIZED', said.message, said.reason ?? null);
}

/** Ends this browser's own session. Throws the API's error. */
export async function closeSession(): Promise<void> {
  const response = await fetch('/api/v1/session', { method: 'DELETE' });
  if (response.ok) return;
  const said: { code?: string; message?: string } = await response.json().catch(() => ({}));
  throw new ORPCError(said.code ?? 'INTERNAL_SERVER_ERROR', {
    status: response.status,
    message: said.message,
  });
}
