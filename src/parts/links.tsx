/** Links to what the console knows by name. The primitives of ui/ know no router; these do. */
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { Subject } from '#core/model/sentence.ts';
import { subjectPath } from '#src/lib/paths.ts';
import type { LinkSubject } from '#src/ui/sentence.tsx';

/** For `Sentence`: what is named leads to its page. */
export function subjectLinker(cluster: string): LinkSubject {
  return (subject, children) => (
    <SubjectLink cluster={cluster} subject={subject}>
      {children}
    </SubjectLink>
  );
}

export function SubjectLink({
  cluster,
  subject,
  children,
  className,
}: {
  cluster: string;
  subject: Subject;
  children: ReactNode;
  className?: string;
}) {
  const to = subjectPath(cluster, subject);
  return to === null ? (
    children
  ) : (
    <Link to={to} className={className}>
      {children}
    </Link>
  );
}
