/** docs/verified.md, by its parts: what stands before the first `## ` and each section, written apart. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FILE = join(import.meta.dirname, '..', 'docs', 'verified.md');

/** The parts in order: the first has no heading, each other begins with its own. */
const parts = () => readFileSync(FILE, 'utf8').split(/^(?=## )/m);

const headed = (heading) => (part) => part.startsWith(`## ${heading}\n`);

/** What stands before all sections. */
export const head = () => parts()[0] ?? '';

/** The section's text with its heading; empty: there is none yet. */
export const section = (heading) => parts().find(headed(heading)) ?? '';

/** Writes one section and leaves the others. `lines`: without the heading; heading null: the part before all sections. */
export function putSection(heading, lines) {
  const all = parts();
  const text = `${[...(heading === null ? [] : [`## ${heading}`, '']), ...lines].join('\n').trimEnd()}\n`;
  const at = heading === null ? 0 : all.findIndex(headed(heading));
  if (at < 0) all.push(text);
  else all[at] = text;
  writeFileSync(
    FILE,
    all
      .map((part) => part.trimEnd())
      .join('\n\n')
      .concat('\n'),
  );
}

export const row = (cells) => `| ${cells.join(' | ')} |`;
