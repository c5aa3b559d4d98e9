import { ArrowRight } from 'lucide-react';
import { shownText } from '#core/model/shown-text.ts';
import { safeName } from '#src/lib/safe-name.ts';

/** The arrow of a link, read as "to". */
export function Arrow() {
  return (
    <>
      <ArrowRight className="icon" aria-hidden="true" />
      <span className="sr-only"> to </span>
    </>
  );
}

/** `n1 → n3`: a link from its provider to its receiver. */
export function LinkName({ provider, receiver }: { provider: string; receiver: string }) {
  return (
    <span className="link-name">
      <span>{safeName(provider)}</span>
      <Arrow />
      <span>{safeName(receiver)}</span>
    </span>
  );
}

/** Text in which ` → ` stands for a link's arrow: neither font has one, so it is drawn. The two names stay on one line with it. */
export function ArrowText({ children }: { children: string }) {
  const text = shownText(children);
  const pieces = text.split(/(\S+\s*→\s*\S+)/);
  if (pieces.length === 1) return text;
  return pieces.map((piece, at) => {
    if (at % 2 === 0) return piece;
    const [from = '', to = ''] = piece.split(/\s*→\s*/);
    return (
      // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one text have no other name
      <LinkName key={at} provider={from} receiver={to} />
    );
  });
}
