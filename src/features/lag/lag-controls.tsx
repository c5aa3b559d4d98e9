/** Range, measure and scale; and the two ends of a range that was dragged or typed. */
import { useZone } from '#src/lib/clock.ts';
import type { Zone } from '#src/lib/time.ts';
import { Form } from '#src/parts/form/form.tsx';
import { NOTHING_SAVED, useForm } from '#src/parts/form/use-form.ts';
import { Button } from '#src/ui/button.tsx';
import type { LagMetric } from '#src/ui/charts/lag-shape.ts';
import { Segmented } from '#src/ui/segmented.tsx';
import { RANGES, type View } from './lag-range.ts';

export type SetView = (changes: Record<string, string | null>) => void;

interface Props {
  view: View;
  from: number;
  to: number;
  onSet: SetView;
}

const MEASURES: { value: LagMetric; label: string }[] = [
  { value: 'seconds', label: 'Time' },
  { value: 'bytes', label: 'Bytes' },
  { value: 'held', label: 'WAL held' },
];

export function LagControls({ view, from, to, onSet }: Props) {
  const { range } = view;
  const custom = () =>
    onSet({ range: null, from: new Date(from).toISOString(), to: new Date(to).toISOString() });
  return (
    <div className="tools pt-3">
      <Segmented
        label="Range"
        value={range.kind === 'custom' ? 'custom' : range.name}
        onChange={(value) =>
          value === 'custom'
            ? custom()
            : onSet({ range: value === '15m' ? null : value, from: null, to: null })
        }
        options={[
          ...RANGES.map(({ value, label }) => ({ value, label })),
          { value: 'custom', label: 'Custom' },
        ]}
      />
      <Segmented
        label="Measure"
        value={view.metric}
        onChange={(value) => onSet({ measure: value === 'seconds' ? null : value })}
        options={MEASURES}
      />
      <Segmented
        label="Scale"
        value={view.scale}
        onChange={(value) => onSet({ scale: value === 'log' ? 'log' : null })}
        options={[
          { value: 'linear', label: 'Linear' },
          { value: 'log', label: 'Log' },
        ]}
      />
      {range.kind === 'custom' && (
        <Ends key={`${range.from} ${range.to}`} from={range.from} to={range.to} onSet={onSet} />
      )}
    </div>
  );
}

function Ends({ from, to, onSet }: { from: number; to: number; onSet: SetView }) {
  const zone = useZone();
  const form = useForm({
    initial: { from: inputText(from, zone), to: inputText(to, zone) },
    saving: NOTHING_SAVED,
    check: (ends) => ({ to: !isRange(ends, zone) && { message: ORDER } }),
    unsaved: null,
  });
  const wrong = !isRange(form.values, zone);
  const submit = (ends: { from: string; to: string }) =>
    onSet({
      from: new Date(parseInput(ends.from, zone)).toISOString(),
      to: new Date(parseInput(ends.to, zone)).toISOString(),
    });
  return (
    <Form of={form} className="ends" onSubmit={submit}>
      {(['from', 'to'] as const).map((end) => (
        <label key={end}>
          <span className="faint">{end}</span>
          <input
            className="input"
            type="datetime-local"
            step={1}
            required
            value={form.values[end]}
            aria-invalid={wrong || undefined}
            onChange={(event) => form.set({ [end]: event.target.value })}
          />
        </label>
      ))}
      <span className="faint">{zone === 'utc' ? 'UTC' : 'local time'}</span>
      <Button size="sm" type="submit" disabled={wrong}>
        Show
      </Button>
      {wrong && <span className="warn text-12">{ORDER}</span>}
    </Form>
  );
}

const ORDER = 'The end must come after the beginning.';

const isRange = (ends: { from: string; to: string }, zone: Zone): boolean =>
  parseInput(ends.from, zone) < parseInput(ends.to, zone);

/** The text of a datetime-local input: it knows no zone, so it is written in the chosen one. */
export function inputText(t: number, zone: Zone): string {
  const shift = zone === 'utc' ? 0 : -new Date(t).getTimezoneOffset() * 60_000;
  return new Date(t + shift).toISOString().slice(0, 19);
}

export function parseInput(text: string, zone: Zone): number {
  return Date.parse(zone === 'utc' ? `${text}Z` : text);
}
