/**
 * What became of the link that this page was opened by: the console says it in a meta element, where it did not take it. The
 * token is taken out of the address, so that it stands in no history, and is offered on the sign-in page.
 */
export type LinkFate = 'used' | 'too-old' | 'ended' | 'unknown' | 'too-many' | 'elsewhere';

const FATES: readonly string[] = ['used', 'too-old', 'ended', 'unknown', 'too-many', 'elsewhere'];

export interface Arrival {
  fate: LinkFate | null;
  /** Only of a link that was not looked at; else there is nothing to try again. */
  token: string;
}

/** Read once, before the router looks at the address. */
export function readArrival(document: Document, location: Location, history: History): Arrival {
  const said = document.querySelector('meta[name="tricorder-link"]')?.getAttribute('content') ?? '';
  if (!FATES.includes(said)) return { fate: null, token: '' };
  const fate = said as LinkFate;
  const search = new URLSearchParams(location.search);
  const token = fate === 'elsewhere' ? (search.get('token') ?? '') : '';
  search.delete('token');
  const rest = search.toString();
  history.replaceState(history.state, '', location.pathname + (rest === '' ? '' : `?${rest}`));
  return { fate, token };
}

/** Of this page. */
export const arrival = readArrival(document, location, history);
