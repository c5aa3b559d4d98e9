/** The mark and the name. */
export function Brand() {
  return (
    <div className="brand">
      <svg viewBox="0 0 18 18" aria-hidden="true">
        <path d="M9 3.5 3.5 14h11z" fill="none" stroke="var(--ink-3)" strokeWidth="1.25" />
        <rect x="6.5" y="1" width="5" height="5" fill="var(--accent)" />
        <rect x="1" y="11.5" width="5" height="5" fill="var(--ink)" />
        <rect x="12" y="11.5" width="5" height="5" fill="var(--ink)" />
      </svg>
      Tricorder
    </div>
  );
}
