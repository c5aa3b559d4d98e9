/** Every text is read on every surface it stands on, in both themes: 4.5:1 for text, 3:1 for marks (WCAG AA). */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const css = readFileSync('src/styles/tokens.css', 'utf8');

const tokens = new Map(
  [...css.matchAll(/--([\w-]+):\s*light-dark\((#[0-9a-f]{6}),\s*(#[0-9a-f]{6})\)/g)].map(
    ([, name, light, dark]) => [name, { light, dark }],
  ),
);

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(ink: string, surface: string, theme: 'light' | 'dark'): number {
  const [a, b] = [ink, surface].map((name) => {
    const hex = tokens.get(name)?.[theme];
    if (hex === undefined) throw new Error(`tokens.css has no --${name}`);
    return luminance(hex);
  }) as [number, number];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

const SURFACES = ['bg', 'panel', 'sunk', 'hover'];
const TEXT: [string, string[]][] = [
  ['ink', [...SURFACES, 'press', 'warn-tint', 'crit-tint', 'accent-tint']],
  ['ink-2', [...SURFACES, 'press', 'warn-tint', 'crit-tint', 'accent-tint']],
  ['ink-3', [...SURFACES, 'accent-tint']],
  ['accent', [...SURFACES, 'accent-tint']],
  ['accent-ink', ['accent', 'accent-hover']],
  ['ok', SURFACES],
  ['warn', [...SURFACES, 'warn-tint', 'accent-tint']],
  ['crit', [...SURFACES, 'crit-tint', 'accent-tint']],
];
const MARKS: [string, string[]][] = [
  ['line-3', ['panel']],
  ['ok-mark', ['panel']],
  ['warn-mark', ['panel', 'warn-tint']],
  ['crit-mark', ['panel', 'crit-tint']],
];

const cases = (pairs: [string, string[]][]) =>
  pairs.flatMap(([ink, surfaces]) => surfaces.map((surface) => [ink, surface] as const));

describe.each(['light', 'dark'] as const)('%s', (theme) => {
  it.each(cases(TEXT))('%s is read on %s', (ink, surface) => {
    expect(contrast(ink, surface, theme)).toBeGreaterThanOrEqual(4.5);
  });
  it.each(cases(MARKS))('%s is seen on %s', (ink, surface) => {
    expect(contrast(ink, surface, theme)).toBeGreaterThanOrEqual(3);
  });
});
