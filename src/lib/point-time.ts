const times = new WeakMap<object, number>();

/** When a point of a history was sampled, ms since 1970; read once, since the same thousands of points are drawn anew each second. */
export function timeOf(point: { readonly at: string }): number {
  const known = times.get(point);
  if (known !== undefined) return known;
  const read = Date.parse(point.at);
  times.set(point, read);
  return read;
}
