/** The sets of the cluster: what each sends, and how many tables it has on each node. */
import type { ReplicationSetSnapshot } from '#core/model/snapshot.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { Chip } from '#src/ui/chip.tsx';
import { SideBlock } from '#src/ui/dialog.tsx';
import { State } from '#src/ui/state.tsx';
import { Unknown } from '#src/ui/value.tsx';
import { shortSet } from './table-cells.tsx';

const OPS = ['insert', 'update', 'delete', 'truncate'] as const;

/** With more nodes than these the columns would not fit: counts are then said in words. */
const COLUMNS = 4;

export function ClusterSets({ sets, nodes }: { sets: ReplicationSetSnapshot[]; nodes: string[] }) {
  const names = [...new Set(sets.map((set) => set.name))].sort(
    (a, b) => Number(b === 'default') - Number(a === 'default') || (a < b ? -1 : 1),
  );
  if (names.length === 0) {
    return (
      <SideBlock title="Sets of this cluster">
        <p className="q">No node has told of a replication set yet.</p>
      </SideBlock>
    );
  }
  return (
    <SideBlock title="Sets of this cluster">
      <div className="scroll">
        <table className="t">
          <thead>
            <tr>
              <th>
                <span className="vh">Set</span>
              </th>
              <th>Sends</th>
              {nodes.length <= COLUMNS ? (
                nodes.map((node) => (
                  <th key={node} className="r">
                    {safeName(node)}
                  </th>
                ))
              ) : (
                <th className="r">Tables</th>
              )}
            </tr>
          </thead>
          <tbody>
            {names.map((name) => (
              <SetRow key={name} name={name} sets={sets.filter((set) => set.name === name)} nodes={nodes} />
            ))}
          </tbody>
        </table>
      </div>
      <p className="f text-12">
        I insert, U update, D delete, T truncate.
        {names.includes('default_insert_only') && (
          <>
            {' '}
            <span className="nw">insert_only</span> is <code>default_insert_only</code>.
          </>
        )}
      </p>
    </SideBlock>
  );
}

function SetRow({ name, sets, nodes }: { name: string; sets: ReplicationSetSnapshot[]; nodes: string[] }) {
  const usual = commonest(sets.map((set) => set.tables));
  return (
    <tr>
      <td>
        <Chip title={name}>{shortSet(name)}</Chip>
      </td>
      <td>
        <Ops sets={sets} />
      </td>
      {nodes.length <= COLUMNS ? (
        nodes.map((node) => (
          <td key={node} className="r">
            <Tables name={name} set={sets.find((set) => set.node === node)} usual={usual} />
          </td>
        ))
      ) : (
        <td className="r">{inWords(sets, usual)}</td>
      )}
    </tr>
  );
}

/** The four letters; a letter that the nodes do not agree on is said in words. */
function Ops({ sets }: { sets: ReplicationSetSnapshot[] }) {
  const differ = OPS.filter((op) => new Set(sets.map((set) => set[op])).size > 1);
  const [first] = sets;
  if (!first) return null;
  const title = OPS.map(
    (op) => `${op}: ${sets.map((set) => `${set.node} ${set[op] ? 'yes' : 'no'}`).join(', ')}`,
  ).join('\n');
  return (
    <span className="ops" title={title}>
      <span className="vh">{OPS.filter((op) => first[op]).join(', ')}</span>
      {OPS.map((op) => {
        const letter = op.charAt(0).toUpperCase();
        return first[op] ? (
          <b key={op} aria-hidden="true">
            {letter}
          </b>
        ) : (
          <s key={op} aria-hidden="true">
            {letter}
          </s>
        );
      })}
      {differ.length > 0 && (
        <State of="warning" size={12}>
          not alike
        </State>
      )}
    </span>
  );
}

function Tables({
  name,
  set,
  usual,
}: {
  name: string;
  set: ReplicationSetSnapshot | undefined;
  usual: number | null;
}) {
  if (!set) return <span className="f">none</span>;
  if (set.tables === null) return <Unknown />;
  if (name === 'ddl_sql' && set.tables === 0) return 'DDL';
  if (set.tables === usual) return set.tables;
  return (
    <State of="warning" size={12}>
      <span className="vh">differs: </span>
      {set.tables}
    </State>
  );
}

/** `21 on 62 nodes, 19 on n3`. */
function inWords(sets: ReplicationSetSnapshot[], usual: number | null): string {
  const apart = sets.filter((set) => set.tables !== usual);
  const common = `${usual ?? 'unknown'} on ${sets.length - apart.length} nodes`;
  if (apart.length === 0) return common;
  if (apart.length > 2) return `${common}, other on ${apart.length}`;
  return `${common}, ${apart.map((set) => `${set.tables ?? 'unknown'} on ${set.node}`).join(', ')}`;
}

function commonest(counts: (number | null)[]): number | null {
  const seen = new Map<number, number>();
  for (const count of counts) if (count !== null) seen.set(count, (seen.get(count) ?? 0) + 1);
  return [...seen].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0]?.[0] ?? null;
}
