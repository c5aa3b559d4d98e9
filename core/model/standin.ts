/** The stand-in says what it is in its version: `6.0.0-standin`. */
export const isStandin = (version: string | null | undefined): boolean => /standin/i.test(version ?? '');
