/** How far apart the points of an answer of the lag's history stand: a rule of the server and the mock world. */

/** More points than a chart has pixels tell nothing. */
const MAX_POINTS = 1500;
/** Nor does an answer that takes a browser seconds to read: 4,032 links get some fifty points each. */
const MAX_POINTS_IN_ALL = 200_000;
const NICE_STEPS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400];

/**
 * Seconds: the next nice step that is not below what is kept (`keptStep`, of which it is a multiple) nor below what was asked for
 * (`wanted`), and keeps the answer within bounds. `range` in seconds.
 */
export function historyStep(keptStep: number, range: number, links: number, wanted = 0): number {
  const points = Math.min(MAX_POINTS, MAX_POINTS_IN_ALL / Math.max(1, links));
  const least = Math.max(keptStep, wanted, range / points);
  return (
    NICE_STEPS.find((step) => step >= least && step % keptStep === 0) ??
    Math.ceil(least / keptStep) * keptStep
  );
}
