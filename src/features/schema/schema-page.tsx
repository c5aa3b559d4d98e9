/** The schema of a cluster's nodes: statements of DDL on all of them, and whether they send DDL by themselves. */
import { useClusterName, useEngineWords, useSnapshot } from '#src/api/hooks.ts';
import { Say } from '#src/ui/sentence.tsx';
import { AutomaticDdl } from './automatic-ddl.tsx';
import { CompareForm } from './compare-form.tsx';
import { ConflictSettings } from './conflict-settings.tsx';
import { DdlForm } from './ddl-form.tsx';

export function Component() {
  const cluster = useClusterName();
  const { nodes } = useSnapshot();
  const { name } = useEngineWords();
  const names = nodes.map((node) => node.name);
  return (
    <>
      <Say top={<span className="faint">nothing runs before its plan is shown</span>}>
        {`A table has to be the same on all ${names.length} nodes: ${name} discards a row that a node cannot take.`}
      </Say>
      <DdlForm cluster={cluster} nodes={names} />
      {names.length > 1 && <CompareForm cluster={cluster} nodes={names} />}
      <div className="side-by-side section">
        <AutomaticDdl cluster={cluster} nodes={nodes} />
        <ConflictSettings cluster={cluster} nodes={nodes} />
      </div>
    </>
  );
}
