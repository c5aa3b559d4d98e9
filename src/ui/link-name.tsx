import { ArrowRight } from 'lucide-react';
import { Fragment } from 'react';

/** The arrow of a link, read as "to". */
export function Arrow() {
  return (
    <>
      <ArrowRight className="i" aria-hidden="true" />
      <span className="vh"> to </span>
    </>
  );
}

/** `n1 → n3`: a link from its provider to its receiver. */
export function LinkName({ provider, receiver }: { provider: string; receiver: string }) {
  return (
    <span className="lk">
      {provider}
      <Arrow />
      {receiver}
    </span>
  );
}

/** Text in which ` → ` stands for a link's arrow: neither font has one, so it is drawn. */
export function ArrowText({ children }: { children: string }) {
  const pieces = children.split(/\s*→\s*/);
  if (pieces.length === 1) return children;
  return (
    <span className="lk-in">
      {pieces.map((piece, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one text have no other name
        <Fragment key={at}>
          {at > 0 && (
            <span className="lk">
              <Arrow />
            </span>
          )}
          {piece}
        </Fragment>
      ))}
    </span>
  );
}
