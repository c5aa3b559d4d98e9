/**
 * Every engine there is, whole. A new one is a folder, its recordings, a line here, and the lines that the types then ask for in
 * `words.ts`. Who needs its words alone takes those, which are a tenth of it.
 */
import type { AdvisingEngine } from '#core/advice/rule.ts';
import { defaultEngine, type EngineName } from '#core/model/engine-name.ts';
import type { Changes } from './changes.ts';
import type { EngineOf } from './engine.ts';
import { spock } from './spock/spock.ts';

const engines: Record<EngineName, AdvisingEngine> = { spock };

export const engineOf: EngineOf<AdvisingEngine> = (name) => engines[name];

/** Without a name, of clusters where nobody said another, and of plans that were stored before there were several. */
export const changesOf = (engine: EngineName = defaultEngine): Changes => engines[engine].changes;
