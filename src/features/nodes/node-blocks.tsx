/** Blocks of facts on a node's page. */
import type { ReactNode } from 'react';
import type { NodeSnapshot } from '#core/model/snapshot.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { Copyable, Mono } from '#src/ui/mono.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { State } from '#src/ui/state.tsx';
import { NumCell, Table } from '#src/ui/table.tsx';
import { Aged, Known, Unknown } from '#src/ui/value.tsx';
import { CAPACITY_WORDS } from './node-text.ts';

/** Name and value, in two columns. */
export function FactList({ children }: { children: ReactNode }) {
  return <dl className="facts2">{children}</dl>;
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
  return (
    <section>
      <SectionHead title="Capacity" note="what a Spock cluster uses up, and its limits" />
      {node.capacity.length === 0 ? (
        <NotRead />
      ) : (
        <Table
          label="Capacity"
          head={
            <>
              <th>Setting</th>
              <th className="r">Used</th>
              <th className="r">Limit</th>
              <th>
                <span className="vh">State</span>
              </th>
            </>
          }
        >
          {node.capacity.map((one) => {
            const share = one.used === null || one.max === 0 ? 0 : one.used / one.max;
            return (
              <tr key={one.name}>
                <td>
                  <Mono title={CAPACITY_WORDS[one.name]}>{one.name}</Mono>
                </td>
                <NumCell>
                  <Known of={one.used} old={old} show={(used) => used} />
                </NumCell>
                <NumCell>
                  <Aged old={old}>{one.max}</Aged>
                </NumCell>
                <td>
                  {share >= 1 ? (
                    <State of="critical" size={12}>
                      used up
                    </State>
                  ) : share >= 0.8 ? (
                    <State of="warning" size={12}>
                      {one.max - (one.used ?? 0)} left
                    </State>
                  ) : null}
                </td>
              </tr>
            );
          })}
        </Table>
      )}
    </section>
  );
}

export const NotRead = () => <p className="none q">Not read yet, or not visible to this role.</p>;

export function SettingsBlock({ node, old }: { node: NodeSnapshot; old: boolean }) {
  const wrong = node.settings.filter((one) => one.ok === false).length;
  return (
    <section className="sec">
      <SectionHead
        title="Settings"
        note={wrong > 0 ? `${wrong} not as a Spock cluster needs them` : 'beside what a Spock cluster needs'}
      />
      {node.settings.length === 0 ? (
        <NotRead />
      ) : (
        <Table
          label="Settings"
          head={
            <>
              <th>Setting</th>
              <th>Value</th>
              <th>Needed</th>
              <th>
                <span className="vh">State</span>
              </th>
            </>
          }
        >
          {node.settings.map((one) => (
            <tr key={one.name}>
              <td>
                <Mono>{one.name}</Mono>
              </td>
              <td className="value">
                <Known
                  of={one.value}
                  old={old}
                  show={(value) => (
                    <Mono title={value}>
                      {value === '' ? "''" : `${value}${one.unit ? ` ${one.unit}` : ''}`}
                    </Mono>
                  )}
                />
              </td>
              <td className="value">
                {one.wanted === null ? (
                  <span className="f">any</span>
                ) : (
                  <Mono title={one.wanted}>{one.wanted}</Mono>
                )}
              </td>
              <td>
                {one.pendingRestart ? (
                  <State of="todo" size={12}>
                    after a restart
                  </State>
                ) : one.ok === false ? (
                  <State of="warning" size={12}>
                    differs
                  </State>
                ) : one.ok === null && one.wanted !== null ? (
                  <Unknown />
                ) : null}
              </td>
            </tr>
          ))}
        </Table>
      )}
    </section>
  );
}

/** `kept`: the same, compared with the address that the console uses; absent until it was asked. */
export function InterfacesBlock({
  node,
  kept,
}: {
  node: NodeSnapshot;
  kept: { name: string; differs: boolean | null }[] | undefined;
}) {
  return (
    <section>
      <SectionHead title="Interfaces" note="spock.node_interface: how its peers reach it" />
      {node.interfaces.length === 0 ? (
        <NotRead />
      ) : (
        <FactList>
          {node.interfaces.map((one) => (
            <Fact key={one.name} name={safeName(one.name)}>
              {one.dsn === null ? (
                <span className="f">not visible to this role</span>
              ) : (
                <>
                  <Copyable text={one.dsn} />
                  {kept?.find(({ name }) => name === one.name)?.differs === true && (
                    <div className="f">
                      another address than the console uses, which is no fault by itself
                    </div>
                  )}
                </>
              )}
            </Fact>
          ))}
        </FactList>
      )}
    </section>
  );
}
