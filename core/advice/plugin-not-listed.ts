/**
 * `output_plugin_libraries`, new in PostgreSQL 15.19, 16.15, 17.11, 18.6 and 19: a server decodes with no output plugin that it does not
 * list, and looks each time decoding starts. So a minor upgrade stops a mesh that has stood for years; and a server of before does not
 * know the setting, and would not start with it.
 */
import type { Engine } from '#core/engines/engine.ts';
import { quoteLiteral } from '#core/engines/quote.ts';
import { formatNames } from '#core/model/format.ts';
import { namesIn, settingOf } from '#core/model/settings.ts';
import type { NodeInput } from '#core/snapshot/assembled.ts';
import type { AdviceInput, Rule, RuleFinding } from './rule.ts';

const NAME = 'output_plugin_libraries';
/** By major version: the first minor that has the setting. */
const FIRST_MINOR: Record<number, number> = { 15: 19, 16: 15, 17: 11, 18: 6 };

/** Null: the server does not know the setting, or the stand-in runs there, whose plugin is PostgreSQL's own. */
export function isPluginListed(engine: Engine, node: NodeInput | undefined): boolean | null {
  const slow = node?.slow?.value;
  if (!slow || slow.standin) return null;
  const value = settingOf(slow, NAME)?.value;
  return value == null ? null : (engine.settings.demandOf(NAME, 0, false)?.met(value) ?? null);
}

export const pluginNotListed: Rule = (input) => {
  const engine = input.engineOf(input.facts.engine);
  return [...refusing(input, engine), ...beforeUpgrade(input, engine)];
};

function refusing(input: AdviceInput, engine: Engine): RuleFinding[] {
  const { name: product, outputPlugin } = engine.words;
  return [...input.nodes.values()].flatMap((node): RuleFinding[] => {
    if (isPluginListed(engine, node) !== false) return [];
    const value = settingOf(node.slow?.value, NAME)?.value ?? '';
    const stopped = input.facts.links.filter(
      ({ provider, state }) => provider === node.name && (state === 'down' || state === 'initializing'),
    );
    return [
      {
        severity: 'critical',
        effect: stopped.length > 0 ? 'stops-data' : 'hygiene',
        subject: { node: node.name },
        title: `${node.name} does not let ${product} decode: ${NAME} lacks ${outputPlugin}`,
        detail:
          stopped.length > 0
            ? `Nothing that ${node.name} writes reaches ${formatNames(stopped.map(({ receiver }) => receiver))}, and ${node.name} holds WAL for them.`
            : `Walsenders that already run continue. New ones are refused: after the next restart of a worker, nothing that ${node.name} writes is sent.`,
        evidence: [
          { name: NAME, value },
          { name: 'server_version', value: node.slow?.value.serverVersion ?? '' },
        ],
        remedy: {
          text: `Add ${outputPlugin} to ${NAME} on ${node.name}; a reload is enough.`,
          sql: [`ALTER SYSTEM SET ${NAME} = ${listWith(value, outputPlugin)}`, 'SELECT pg_reload_conf()'],
          plan: {
            kind: 'node-settings',
            cluster: input.facts.cluster,
            nodes: [node.name],
            settings: [{ name: NAME, value: [...namesIn(value), outputPlugin].join(', ') }],
          },
        },
      },
    ];
  });
}

const listWith = (value: string, plugin: string): string =>
  [...namesIn(value), plugin].map(quoteLiteral).join(', ');

/** Said once for all servers, before the upgrade: after it, replication has stopped already. */
function beforeUpgrade(input: AdviceInput, { words }: Engine): RuleFinding[] {
  const coming = [...input.nodes.values()].flatMap(({ name, slow }) => {
    if (!slow || slow.value.standin || settingOf(slow.value, NAME)) return [];
    const next = upgradeThatBringsIt(slow.value.serverVersion);
    return next === null ? [] : [{ name, next, version: slow.value.serverVersion ?? '' }];
  });
  const [first] = coming;
  if (first === undefined) return [];
  const versions = [...new Set(coming.map(({ next }) => next))];
  const names = formatNames(coming.map(({ name }) => name));
  return [
    {
      severity: 'info',
      subject: coming.length === 1 ? { node: first.name } : {},
      part: 'before the upgrade',
      title: `The upgrade to PostgreSQL ${formatNames(versions)} will stop replication from ${names}`,
      detail: `From that version on, a server decodes only with output plugins that ${NAME} lists. The current servers do not know the setting, and do not start with it.`,
      evidence: coming.slice(0, 8).map(({ name, version }) => ({ name, value: `PostgreSQL ${version}` })),
      remedy: {
        text: `During the upgrade, after the new binaries are installed and before the server starts, add ${NAME} = 'pgoutput, ${words.outputPlugin}' to postgresql.conf.`,
      },
    },
  ];
}

/** `15.19`; null: it has come already, or the version is not known. */
function upgradeThatBringsIt(version: string | null): string | null {
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number);
  const first = FIRST_MINOR[major];
  return first !== undefined && minor < first ? `${major}.${first}` : null;
}
