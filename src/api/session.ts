/** Entering: the one request that stands outside the contract, since who asks it is not let in yet. */
import { ORPCError } from '@orpc/client';

/** Trades a token for a session cookie. Throws the API's error when the console does not take it. */
export async function openSession(token: string): Promise<void> {
  const response = await fetch('/api/v1/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  });
  if (response.ok) return;
  const said: { code?: string; message?: string } = await response.json().catch(() => ({}));
  throw new ORPCError(said.code ?? 'UNAUTHORIZED', { status: response.status, message: said.message });
}
