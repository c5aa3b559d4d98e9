/** Whether each node sends DDL that is run on it to the others by itself. */
import type { NodeSnapshot } from '#core/model/snapshot.ts';
import { useEngineWords } from '#src/api/hooks.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { PlanButton } from '#src/parts/plan-button.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { settingOf } from './setting-of.ts';

export function AutomaticDdl({ cluster, nodes }: { cluster: string; nodes: NodeSnapshot[] }) {
  const { ddlSetting } = useEngineWords();
  const all = nodes.map(({ name }) => name);
  const values = nodes.map((node) => ({ node: node.name, value: settingOf(node, ddlSetting) }));
  const isSome = (value: string) => values.some((each) => each.value === value);
  const nobody = values.every(({ value }) => value === null);
  return (
    <section>
      <SectionHead title="DDL replication" note={ddlSetting} />
      <p className="muted">
        {nobody
          ? 'No node says whether it sends DDL by itself.'
          : `${values.map(({ node, value }) => `${safeName(node)} ${value ?? 'not known'}`).join(', ')}. On: CREATE, ALTER and DROP that are run on the node run on the others too.`}
      </p>
      <div className="buttons">
        {!nobody && isSome('off') && (
          <PlanButton size="md" request={{ kind: 'ddl-replication', cluster, nodes: all, on: true }} />
        )}
        {!nobody && isSome('on') && (
          <PlanButton size="md" request={{ kind: 'ddl-replication', cluster, nodes: all, on: false }} />
        )}
      </div>
    </section>
  );
}
