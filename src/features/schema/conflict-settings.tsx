/** What nodes do about conflicts and about what they cannot apply: one setting, alike on all of them. */
import type { NodeSnapshot } from '#core/model/snapshot.ts';
import { useEngineWords } from '#src/api/hooks.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { Form, FormFault } from '#src/parts/form/form.tsx';
import { useForm } from '#src/parts/form/use-form.ts';
import { usePlan } from '#src/parts/use-plan.ts';
import { Button } from '#src/ui/button.tsx';
import { SectionHead } from '#src/ui/section.tsx';
import { settingOf } from './setting-of.ts';

export function ConflictSettings({ cluster, nodes }: { cluster: string; nodes: NodeSnapshot[] }) {
  const { conflictSettings } = useEngineWords();
  const names = Object.keys(conflictSettings);
  const first = names[0] ?? '';
  const plan = usePlan();
  const nowOf = (setting: string) => {
    const [node] = nodes;
    return (node && settingOf(node, setting)) ?? conflictSettings[setting]?.[0] ?? '';
  };
  const form = useForm({
    initial: { setting: first, value: nowOf(first) },
    saving: plan,
    place: () => 'value',
    unsaved: null,
  });
  const { setting, value } = form.values;
  const now = nodes.map((node) => `${safeName(node.name)} ${settingOf(node, setting) ?? 'not known'}`);
  return (
    <section>
      <SectionHead title="Conflicts and exceptions" note="alike on all nodes" />
      <Form
        of={form}
        label="Conflicts and exceptions"
        onSubmit={() =>
          plan.run({
            kind: 'conflict-settings',
            cluster,
            nodes: nodes.map(({ name }) => name),
            settings: { [setting]: value },
          })
        }
      >
        <div className="tools">
          <label className="pick">
            <span className="faint">Setting </span>
            <select
              value={setting}
              onChange={({ target }) => form.set({ setting: target.value, value: nowOf(target.value) })}
            >
              {names.map((each) => (
                <option key={each}>{each}</option>
              ))}
            </select>
          </label>
          <label className="pick">
            <span className="faint">Value </span>
            <select value={value} onChange={({ target }) => form.set({ value: target.value })}>
              {[...new Set([value, ...(conflictSettings[setting] ?? [])])].map((each) => (
                <option key={each}>{each}</option>
              ))}
            </select>
          </label>
          <Button type="submit" busy={plan.pending}>
            Set on all nodes…
          </Button>
        </div>
        <p className="muted">{now.join(', ')}</p>
        <FormFault of={form} />
      </Form>
    </section>
  );
}
