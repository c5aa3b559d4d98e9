/** Blocks of facts on a node's page. */
import { type ReactNode, useMemo, useState } from 'react';
import type { NodeSnapshot } from '#core/model/snapshot.ts';
import { useClusterName, useEngineWords, useSnapshot } from '#src/api/hooks.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { DataTable } from '#src/parts/data-table/data-table.tsx';
import { PlanButton } from '#src/parts/plan-button.tsx';
import { useSearchState } from '#src/parts/search-state.ts';
import { Button } from '#src/ui/button.tsx';
import { Copyable, Mono } from '#src/ui/mono.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { State } from '#src/ui/state.tsx';
import type { Column } from '#src/ui/table/column.ts';
import { Aged, Known, Unknown } from '#src/ui/value.tsx';
import { NewInterfaceForm } from './new-interface-form.tsx';
import { CAPACITY_WORDS } from './node-text.ts';
import { SettingForm } from './setting-form.tsx';

/** Name and value, in two columns. */
export function FactList({ children }: { children: ReactNode }) {
  return <dl className="fact-list">{children}</dl>;
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

export function CapacityBlock({ node, old }: { node: NodeSnapshot; old: boolean }) {
  const { name } = useEngineWords();
  const columns = useMemo(() => capacityColumns(old), [old]);
  return (
    <section>
      <SectionHead title="Capacity" note={`what a ${name} cluster uses up, and its limits`} />
      {node.capacity.length === 0 ? (
        <NotRead />
      ) : (
        <DataTable
          name="capacity"
          label="Capacity"
          columns={columns}
          rows={node.capacity}
          keyOf={(one) => one.name}
          worst={(one) => (shareOf(one) >= 1 ? 2 : shareOf(one) >= NEARLY ? 1 : 0)}
        />
      )}
    </section>
  );
}

type Capacity = NodeSnapshot['capacity'][number];

/** From this share on there is little left. */
const NEARLY = 0.8;

const shareOf = (one: Capacity): number => (one.used === null || one.max === 0 ? 0 : one.used / one.max);

const capacityColumns = (old: boolean): Column<Capacity>[] => [
  {
    id: 'setting',
    head: 'Setting',
    cell: (one) => <Mono tip={CAPACITY_WORDS[one.name]}>{one.name}</Mono>,
    value: (one) => one.name,
  },
  {
    id: 'used',
    head: 'Used',
    align: 'end',
    cell: (one) => <Known of={one.used} old={old} show={(used) => used} />,
    value: (one) => one.used,
    first: 'descending',
  },
  {
    id: 'limit',
    head: 'Limit',
    align: 'end',
    cell: (one) => <Aged old={old}>{one.max}</Aged>,
    value: (one) => one.max,
    first: 'descending',
  },
  { id: 'state', head: 'State', quietHead: true, cell: (one) => <CapacityState of={one} /> },
];

function CapacityState({ of: one }: { of: Capacity }) {
  const share = shareOf(one);
  if (share >= 1) {
    return (
      <State of="critical" size={12}>
        used up
      </State>
    );
  }
  return (
    share >= NEARLY && (
      <State of="warning" size={12}>
        {one.max - (one.used ?? 0)} left
      </State>
    )
  );
}

export const NotRead = () => <p className="none muted">Not read yet, or not visible to this role.</p>;

export function SettingsBlock({ node, old }: { node: NodeSnapshot; old: boolean }) {
  const { name } = useEngineWords();
  const wrong = node.settings.filter((one) => one.ok === false).length;
  const columns = useMemo(() => settingColumns(old), [old]);
  const cluster = useClusterName();
  const nodes = useSnapshot().nodes.map((each) => each.name);
  const [search, set] = useSearchState();
  const open = search.get('do') === 'setting';
  const close = () => set({ do: null });
  return (
    <section className="section">
      <SectionHead
        title="Settings"
        note={
          wrong > 0 ? `${wrong} not as a ${name} cluster requires` : `with what a ${name} cluster requires`
        }
      >
        <Button size="sm" aria-expanded={open} onClick={() => set({ do: open ? null : 'setting' })}>
          Change a setting…
        </Button>
      </SectionHead>
      {open && <SettingForm cluster={cluster} node={node} nodes={nodes} onClose={close} />}
      {node.settings.length === 0 ? (
        <NotRead />
      ) : (
        <DataTable
          name="settings"
          label="Settings"
          columns={columns}
          rows={node.settings}
          keyOf={(one) => one.name}
          worst={(one) => (one.ok === false ? 1 : 0)}
        />
      )}
    </section>
  );
}

type Setting = NodeSnapshot['settings'][number];

const settingColumns = (old: boolean): Column<Setting>[] => [
  { id: 'setting', head: 'Setting', cell: (one) => <Mono>{one.name}</Mono>, value: (one) => one.name },
  {
    id: 'value',
    head: 'Value',
    className: 'value',
    cell: (one) => (
      <Known
        of={one.value}
        old={old}
        show={(value) => (
          <Mono tip={value}>{value === '' ? "''" : `${value}${one.unit ? ` ${one.unit}` : ''}`}</Mono>
        )}
      />
    ),
    value: (one) => one.value,
    fixedOrder: true,
  },
  {
    id: 'needed',
    head: 'Needed',
    className: 'value',
    cell: (one) =>
      one.wanted === null ? <span className="faint">any</span> : <Mono tip={one.wanted}>{one.wanted}</Mono>,
    value: (one) => one.wanted,
    fixedOrder: true,
  },
  { id: 'state', head: 'State', quietHead: true, cell: (one) => <SettingState of={one} /> },
];

function SettingState({ of: one }: { of: Setting }) {
  if (one.pendingRestart) {
    return (
      <State of="todo" size={12}>
        after a restart
      </State>
    );
  }
  if (one.ok === false) {
    return (
      <State of="warning" size={12}>
        differs
      </State>
    );
  }
  return one.ok === null && one.wanted !== null && <Unknown />;
}

/** `kept`: the same, compared with the address that the console uses; absent until it was asked. */
export function InterfacesBlock({
  node,
  kept,
}: {
  node: NodeSnapshot;
  kept: { name: string; differs: boolean | null }[] | undefined;
}) {
  const words = useEngineWords();
  const cluster = useClusterName();
  const [adding, setAdding] = useState(false);
  return (
    <section>
      <SectionHead title="Interfaces" note={`${words.interfaces}: how its peers reach it`}>
        <Button size="sm" aria-expanded={adding} onClick={() => setAdding(!adding)}>
          Add interface…
        </Button>
      </SectionHead>
      {adding && <NewInterfaceForm cluster={cluster} node={node.name} onClose={() => setAdding(false)} />}
      {node.interfaces.length === 0 ? (
        <NotRead />
      ) : (
        <FactList>
          {node.interfaces.map((one) => (
            <Fact key={one.name} name={safeName(one.name)}>
              {one.dsn === null ? (
                <span className="faint">not visible to this role</span>
              ) : (
                <>
                  <Copyable text={one.dsn} />
                  {kept?.find(({ name }) => name === one.name)?.differs === true && (
                    <div className="faint">
                      not the address that the console uses, which is no fault by itself
                    </div>
                  )}
                </>
              )}
              {/* Its own has its name: that one stays. */}
              {one.name !== node.name && (
                <>
                  {' '}
                  <PlanButton
                    look="bare"
                    request={{
                      kind: 'node-interface',
                      cluster,
                      node: node.name,
                      interface: one.name,
                      dsn: null,
                    }}
                  >{`Drop ${safeName(one.name)}…`}</PlanButton>
                </>
              )}
            </Fact>
          ))}
        </FactList>
      )}
    </section>
  );
}
