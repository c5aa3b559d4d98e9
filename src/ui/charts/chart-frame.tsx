/** Stands where a chart will be, at its height, so that nothing moves when it comes. */
export function ChartFrame({ height = 240 }: { height?: number }) {
  return (
    <div className="lag-chart" style={{ height }} aria-hidden="true">
      <svg width="100%" height={height} role="presentation">
        {[30, 85, 140, height - 44].map((y) => (
          <line key={y} className="grid-line" x1={56} x2="88%" y1={y} y2={y} />
        ))}
      </svg>
    </div>
  );
}
