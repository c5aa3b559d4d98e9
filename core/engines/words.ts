/**
 * What pages and sentences call the things of each engine. Apart from `registry.ts`, so that a page that needs
 * a word does not load all questions and rules.
 */
import type { EngineName } from '#core/model/engine-name.ts';
import type { EngineWords } from './engine-words.ts';
import { spockWords } from './spock/words.ts';

const words: Record<EngineName, EngineWords> = { spock: spockWords };

export const wordsOf = (engine: EngineName): EngineWords => words[engine];
