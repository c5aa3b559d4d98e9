/** Facts that hold or are waited for, without any test framework. */

/** Throws when it does not hold, with what was seen instead. */
export function fact(text: string, holds: boolean, seen: unknown): void {
  if (!holds) throw new Error(`not so: ${text}; seen: ${JSON.stringify(seen)?.slice(0, 2000)}`);
}

/** Repeats a check until it passes; what it threw last is thrown when the time is over. */
export async function eventually(
  { wait }: { wait: (ms: number) => Promise<void> },
  withinMs: number,
  check: () => Promise<void>,
): Promise<void> {
  for (let waited = 0; ; waited += 200) {
    try {
      return await check();
    } catch (error) {
      if (waited >= withinMs) throw error;
    }
    await wait(200);
  }
}

/** The error of a call that must be refused. */
export async function refusal(
  call: Promise<unknown>,
): Promise<{ code: string; message: string; data: unknown }> {
  const answer = await call.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if (!('error' in answer)) throw new Error(`not so: it is refused; seen: ${JSON.stringify(answer.value)}`);
  const { code, message, data } = answer.error as { code?: string; message?: string; data?: unknown };
  if (code === undefined) throw answer.error;
  return { code, message: message ?? '', data };
}
