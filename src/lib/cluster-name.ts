/** A name for a cluster out of the address of one of its nodes: its database, which the nodes share. Pure, and only a guess. */
export function nameFromDsn(dsn: string): string {
  const text = dsn.trim();
  const uri = /^postgres(?:ql)?:\/\/[^/?#]*\/([^?#]+)/i.exec(text)?.[1];
  const keyword = /(?:^|\s)dbname\s*=\s*(?:'((?:[^'\\]|\\.)*)'|(\S+))/i.exec(text);
  const database = uri === undefined ? (keyword?.[1] ?? keyword?.[2] ?? '') : decoded(uri);
  // What a cluster's name may not hold (core/model/scalars.ts) is left out.
  return database
    .replace(/[^\p{L}\p{N} ._-]/gu, '')
    .replace(/^[^\p{L}\p{N}]+/u, '')
    .slice(0, 63);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The first of `demo`, `demo-2`, `demo-3`, … that no cluster has. */
export function freeName(taken: string[], wanted = 'demo'): string {
  if (!taken.includes(wanted)) return wanted;
  for (let number = 2; ; number += 1) {
    const name = `${wanted}-${number}`;
    if (!taken.includes(name)) return name;
  }
}
