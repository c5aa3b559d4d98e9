/** Whether the server that answers at a node's address is the one that the node was on. */

/** In words; null: it is, or one of both is not known. `localNode`: what the server that answers calls itself. */
export function replacedText(
  address: string,
  node: string,
  before: string | null | undefined,
  now: string | null | undefined,
  localNode: string | null,
): string | null {
  if (before == null || now == null || before === now) return null;
  const holds = localNode === null ? 'it holds no node' : `it holds a node ${localNode}`;
  return `The server at ${address} has the system identifier ${now}, that of ${node} had ${before}; ${holds}.`;
}
