/** The exact statements for a role that can only watch, for the version and the role's name that the reader has. */
import { useQuery } from '@tanstack/react-query';
import { Check, Copy } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useSearchParams } from 'react-router';
import {
  asScript,
  type SpockLine,
  spockLineOf,
  spockLines,
  takeBackStatements,
  type WatchingPart,
  watchingRoleName,
  watchingStatements,
} from '#core/engines/spock/watching-role.ts';
import { clustersQuery } from '#src/api/queries.ts';
import { queryClient } from '#src/api/query-client.ts';
import { Button } from '#src/ui/button.tsx';
import { Field } from '#src/ui/field.tsx';
import { Mono, Sql } from '#src/ui/mono.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { Segmented } from '#src/ui/segmented.tsx';
import { Say } from '#src/ui/sentence.tsx';
import './watching.css';

export async function loader() {
  await queryClient.ensureQueryData(clustersQuery());
  return null;
}

const LINE_WORDS: Record<SpockLine, string> = { '4.0': 'Spock 4.0', '5.0': 'Spock 5.0', '6.0': 'Spock 6.0' };
/** PostgreSQL cuts longer names. */
const LONGEST_NAME = 63;

export function Component() {
  const [search, setSearch] = useSearchParams();
  const line = useLine(search.get('spock'));
  const role = search.get('role') ?? watchingRoleName;
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
  const fault = role === '' ? 'A role has a name.' : role.includes('\0') ? 'A name holds no NUL.' : null;
  const shown = { role: fault === null ? role : watchingRoleName, line };
  const parts = watchingStatements(shown).filter(({ id }) => rows || id !== 'rows');
  return (
    <>
      <title>A role that can only watch · Tricorder</title>
      <Say top={<span className="f">run them on every node, as a superuser, in one session of psql</span>}>
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
        <span className="lab">
          Version of the nodes
          <Segmented
            label="Version of the nodes"
            value={line}
            options={spockLines.map((value) => ({ value, label: LINE_WORDS[value] }))}
            onChange={(value) => change('spock', value)}
          />
        </span>
        <span className="lab">
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
      <Then role={shown.role} />
      <section className="sec" aria-label="Taking it back">
        <SectionHead title="Taking it back" note="on every node, after the console has let go of it" />
        <div className="watch-part">
          <p>
            {line === '4.0' ? 'The last statement lets' : 'The last two statements let'} everybody run Spock’s
            functions again, as Spock has it. Better leave {line === '4.0' ? 'it' : 'them'} out.
          </p>
          <Sql
            label="Statements that take it back"
            statements={takeBackStatements(shown).map((statement) => `${statement};`)}
          />
        </div>
      </section>
    </>
  );
}

/** What the address says, else what is watched already, else what is in production most. */
function useLine(asked: string | null): SpockLine {
  const clusters = useQuery(clustersQuery()).data?.items ?? [];
  const known = spockLines.find((line) => line === asked);
  const watched = clusters
    .filter(({ standin }) => !standin)
    .flatMap(({ engineVersions }) => engineVersions.map(spockLineOf))
    .find((line) => line !== null);
  return known ?? watched ?? '5.0';
}

function Part({ part, number }: { part: WatchingPart; number: number }) {
  return (
    <section className="sec" aria-label={part.title}>
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

function Then({ role }: { role: string }) {
  return (
    <section className="sec" aria-label="What follows">
      <SectionHead title="What follows" />
      <dl className="watch-facts">
        <dt>Connect with</dt>
        <dd>
          <Mono>{`postgres://${encodeURIComponent(role)}@host:5432/database`}</Mono> and its password. Other
          nodes are found by name; you give their addresses.
        </dd>
        <dt>Not visible to it</dt>
        <dd>
          <Mono>spock.node_interface.if_dsn</Mono>, and what you leave out above. A node’s page names each by
          its catalog, and shows it as not visible, never as empty.
        </dd>
        <dt>Not for it</dt>
        <dd>
          Plans, and traces: they write. Give a node the address of another role for the time of a change.
        </dd>
        <dt>Who else feels it</dt>
        <dd>
          Roles that are no superusers and call Spock’s functions themselves: an application that runs{' '}
          <Mono>spock.replicate_ddl()</Mono>, columns that default to <Mono>spock.get_country()</Mono>, a
          node’s DSN with such a role. Grant theirs by name before step 3.
        </dd>
        <dt>After an update of Spock</dt>
        <dd>
          <Mono>ALTER EXTENSION spock UPDATE</Mono> brings functions that are open to all: run step 3 again.
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
    <Button className="push" look="primary" size="lg" icon={copied ? Check : Copy} onClick={copy}>
      {copied ? 'Copied' : 'Copy all statements'}
    </Button>
  );
}
