/** The pattern that SVG drawings use for what is not known: `fill="url(#hatchp)"`. Drawn once, by the shell. */
export function HatchDefs() {
  return (
    <svg width="0" height="0" style={{ position: 'absolute' }} aria-hidden="true">
      <defs>
        <pattern id="hatchp" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <line x1=".5" y1="0" x2=".5" y2="5" style={{ stroke: 'var(--hatch-line)', strokeWidth: 1 }} />
        </pattern>
      </defs>
    </svg>
  );
}
