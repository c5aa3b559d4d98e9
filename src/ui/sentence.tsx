import { Fragment, memo, type ReactNode } from 'react';
import type { SentencePart, Subject } from '#core/model/sentence.ts';
import { ArrowText } from './link-name.tsx';

/** Makes a link to a subject around its text; the caller knows the router. */
export type LinkSubject = (subject: Subject, children: ReactNode) => ReactNode;

/** What is so, in one breath. What it names is a link. */
export const Sentence = memo(function Sentence({
  parts,
  link,
}: {
  parts: SentencePart[];
  link: LinkSubject;
}) {
  return parts.map((part, at) => {
    const words = <ArrowText>{part.text}</ArrowText>;
    return (
      // biome-ignore lint/suspicious/noArrayIndexKey: parts are pieces of one sentence, in order
      <Fragment key={at}>{part.subject ? link(part.subject, <u>{words}</u>) : words}</Fragment>
    );
  });
});

/** The head of a page: state and age above, then the sentence as its one h1. */
export function Say({ top, children }: { top?: ReactNode; children: ReactNode }) {
  return (
    <section className="sentence">
      {top !== undefined && <div className="top">{top}</div>}
      <h1>{children}</h1>
    </section>
  );
}
