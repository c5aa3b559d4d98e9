/** How wide a text of a drawing is, so that a gap can be left for it. Measured by the browser, estimated where there is none. */
let context: CanvasRenderingContext2D | null | undefined;
const widths = new Map<string, number>();

/** Width in px of the sans at this size and weight. */
export function textWidth(text: string, size = 12, weight = 400): number {
  // Digits are all as wide as each other: one measurement serves a number however it runs.
  const key = `${weight} ${size} ${text.replace(/\d/g, '0')}`;
  const known = widths.get(key);
  if (known !== undefined) return known;
  context ??= document.createElement('canvas').getContext?.('2d') ?? null;
  if (!context) return text.length * size * 0.54;
  context.font = `${weight} ${size}px "Hanken Grotesk Variable", "Segoe UI", system-ui, sans-serif`;
  const width = context.measureText(text.replace(/\d/g, '0')).width;
  // Before the font is there the width is another one: it is asked again.
  if (document.fonts?.status === 'loaded') widths.set(key, width);
  if (widths.size > 2000) widths.clear();
  return width;
}
