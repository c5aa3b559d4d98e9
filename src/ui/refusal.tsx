import { State } from './state.tsx';

/** Why something was refused, and what to try, where it was asked for. */
export function Refusal({ of }: { of: { message: string; remedy?: string | null } | null }) {
  if (of === null) return null;
  return (
    <p role="alert" className="refusal">
      <State of="critical">{of.message}</State>
      {of.remedy && <span className="refusal-remedy"> {of.remedy}</span>}
    </p>
  );
}
