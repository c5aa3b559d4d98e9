/** Which set: those that any node has. */
import { safeName } from '#src/lib/safe-name.ts';

export function SetChoice({
  sets,
  value,
  onValue,
  label = 'Set',
}: {
  sets: readonly string[];
  value: string;
  onValue: (set: string) => void;
  label?: string;
}) {
  return (
    <label className="pick">
      <span className="faint">{label} </span>
      <select value={value} onChange={(event) => onValue(event.target.value)}>
        {sets.map((set) => (
          <option key={set} value={set}>
            {safeName(set)}
          </option>
        ))}
      </select>
    </label>
  );
}
