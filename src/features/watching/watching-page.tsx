/** The exact statements for a role that can only watch, for the version and the role's name that the reader has. */
import { useQuery } from '@tanstack/react-query';
import { Check, Copy } from 'lucide-react';
import { Fragment, useEffect, useRef, useState } from 'react';
import { useSearchParams } from 'react-router';
import { asScript, watchingGuideOf } from '#core/engines/watching.ts';
import type { Phrase, WatchingGuide, WatchingPart } from '#core/engines/watching-guide.ts';
import { defaultEngine, type EngineName, engineNames } from '#core/model/engine-name.ts';
import { clustersQuery } from '#src/api/queries.ts';
import { queryClient } from '#src/api/query-client.ts';
import { Button } from '#src/ui/button.tsx';
import { Field } from '#src/ui/field.tsx';
import { Mono, Sql } from '#src/ui/mono.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { Segmented } from '#src/ui/segmented.tsx';
import { Say } from '#src/ui/sentence.tsx';

export async function loader() {
  await queryClient.ensureQueryData(clustersQuery());
  return null;
}

/** PostgreSQL cuts longer names. */
const LONGEST_NAME = 63;

export function Component() {
  // Not `useSearchState`, which takes an empty parameter out: a name that is empty is said to be none.
  const [search, setSearch] = useSearchParams();
  const engine = useEngine(search);
  const guide = watchingGuideOf(engine);
  const line = useLine(engine, guide, search.get(engine));
  const role = search.get('role') ?? guide.roleName;
  const rows = search.get('rows') !== 'no';
  const change = (name: string, value: string | null) =>
    setSearch(
      (old) => {
        if (value === null) old.delete(name);
        else old.set(name, value);
        return old;
      },
      { replace: true, preventScrollReset: true },
    );
  const fault =
    role === '' ? 'A role has a name.' : role.includes('\0') ? 'A name cannot contain NUL.' : null;
  const shownRole = fault === null ? role : guide.roleName;
  const back = guide.takeBack(shownRole, line);
  const parts = guide.statements(shownRole, line).filter(({ id }) => rows || id !== 'rows');
  return (
    <>
      <Say
        top={<span className="faint">run them on every node, as a superuser, in one session of psql</span>}
      >
        A role that sees the whole cluster, and can neither change it nor read its passwords.
      </Say>
      <div className="watch-pick">
        <Field
          label="Name of the role"
          mono
          value={role}
          maxLength={LONGEST_NAME}
          spellCheck={false}
          autoComplete="off"
          error={fault === null ? null : { message: fault }}
          onChange={(event) => change('role', event.target.value)}
        />
        <span className="label">
          Version of the nodes
          <Segmented
            label="Version of the nodes"
            value={line}
            options={guide.lines.map(({ line: value, name }) => ({ value, label: name }))}
            onChange={(value) => change(engine, value)}
          />
        </span>
        <span className="label">
          Rows of conflicts and exceptions
          <Segmented
            label="Rows of conflicts and exceptions"
            value={rows ? 'yes' : 'no'}
            options={[
              { value: 'yes', label: 'visible' },
              { value: 'no', label: 'not visible' },
            ]}
            onChange={(value) => change('rows', value === 'yes' ? null : 'no')}
          />
        </span>
        <CopyAll text={asScript(parts)} />
      </div>
      {parts.map((part, index) => (
        <Part key={part.id} part={part} number={index + 1} />
      ))}
      <Then guide={guide} role={shownRole} />
      <section className="section" aria-label="Undoing it">
        <SectionHead title="Undoing it" note="on every node, after the console no longer uses it" />
        <div className="watch-part">
          <p>{back.note}</p>
          <Sql
            label="Statements that undo it"
            statements={back.statements.map((statement) => `${statement};`)}
          />
        </div>
      </section>
    </>
  );
}

/** The one whose version the address names, else that of the first cluster. */
function useEngine(search: URLSearchParams): EngineName {
  const [cluster] = useQuery(clustersQuery()).data?.items ?? [];
  return engineNames.find((name) => search.has(name)) ?? cluster?.engine ?? defaultEngine;
}

/** What the address says, else what is watched already, else what is in production most. */
function useLine(engine: EngineName, guide: WatchingGuide, asked: string | null): string {
  const clusters = useQuery(clustersQuery()).data?.items ?? [];
  const known = guide.lines.find(({ line }) => line === asked)?.line;
  const watched = clusters
    .filter((cluster) => cluster.engine === engine && !cluster.standin)
    .flatMap(({ engineVersions }) => engineVersions.map(guide.lineOf))
    .find((line) => line !== null);
  return known ?? watched ?? guide.usualLine;
}

function Part({ part, number }: { part: WatchingPart; number: number }) {
  return (
    <section className="section" aria-label={part.title}>
      <SectionHead
        title={`${number}. ${part.title}`}
        note={
          part.optional ? 'may be left out: the console then says that the rows are not visible' : undefined
        }
      />
      <div className="watch-part">
        <p>{part.why}</p>
        <Sql label={`Statements: ${part.title}`} statements={asScript([part]).split('\n')} />
      </div>
    </section>
  );
}

const Words = ({ of }: { of: Phrase }) =>
  of.map((part) =>
    typeof part === 'string' ? (
      <Fragment key={part}>{part}</Fragment>
    ) : (
      <Mono key={part.code}>{part.code}</Mono>
    ),
  );

function Then({ guide, role }: { guide: WatchingGuide; role: string }) {
  return (
    <section className="section" aria-label="Next">
      <SectionHead title="Next" />
      <dl className="watch-facts">
        <dt>Connect with</dt>
        <dd>
          <Mono>{`postgres://${encodeURIComponent(role)}@host:5432/database`}</Mono> and its password. Other
          nodes are found by name; you give their addresses.
        </dd>
        <dt>Not visible to it</dt>
        <dd>
          <Words of={guide.notVisible} />
        </dd>
        <dt>What it cannot do</dt>
        <dd>Plans and traces: they write. During a change, give the node an address with another role.</dd>
        <dt>Who else is affected</dt>
        <dd>
          <Words of={guide.whoElse} />
        </dd>
        <dt>{guide.afterUpdate.name}</dt>
        <dd>
          <Words of={guide.afterUpdate.text} />
        </dd>
      </dl>
    </section>
  );
}

function CopyAll({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setCopied(false), 1500);
  };
  return (
    <Button className="push-right" look="primary" size="lg" icon={copied ? Check : Copy} onClick={copy}>
      {copied ? 'Copied' : 'Copy all statements'}
    </Button>
  );
}
