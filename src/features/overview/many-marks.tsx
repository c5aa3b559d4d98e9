/** The marks of the matrix of many, row by row: a row is drawn anew only when a mark of it changes its look. */
import { memo } from 'react';
import { type ManyFrame, type MarkLook, rowPaths } from './many-layout.ts';

export const FILLS: Record<MarkLook, React.CSSProperties> = {
  least: { fill: 'var(--line-3)' },
  some: { fill: 'var(--ink-2)' },
  over: { fill: 'var(--warn-mark)' },
  'far-over': { fill: 'var(--warn-mark)' },
  down: { fill: 'var(--crit-mark)' },
  follows: { fill: 'var(--crit-tint)', stroke: 'var(--crit-line)', strokeWidth: 0.5 },
  missing: { fill: 'var(--panel)', stroke: 'var(--crit-mark)', strokeWidth: 1.5 },
  unknown: { fill: 'url(#hatchd)' },
  initializing: { fill: 'var(--accent)' },
  disabled: { fill: 'none', stroke: 'var(--ink-3)', strokeWidth: 1 },
  'no-value': { fill: 'var(--hatch-line)' },
};

/** `row`: its looks as `rowsOfLooks` writes them; `y`: where it begins, in px. */
export const MarkRow = memo(function MarkRow({
  row,
  y,
  frame,
}: {
  row: string;
  y: number;
  frame: ManyFrame;
}) {
  return (
    <g transform={`translate(0 ${y})`}>
      {[...rowPaths(row, frame)].map(([look, d]) => (
        <path key={look} d={d} style={FILLS[look]} />
      ))}
    </g>
  );
});
