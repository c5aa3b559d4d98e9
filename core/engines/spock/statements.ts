/** Statements that a DBA may run by hand, as findings and pages show them. Small, since pages load it. */
import { quoteLiteral, quoteRegclass } from '#core/engines/quote.ts';

export const enable = (subscription: string): string =>
  `SELECT spock.sub_enable(${quoteLiteral(subscription)}, true)`;

/** `lsn` null: the reader fills it in. */
export const stepOver = (subscription: string, lsn: string | null): string =>
  `SELECT spock.sub_alter_skiplsn(${quoteLiteral(subscription)}, ${lsn === null ? "'…'" : quoteLiteral(lsn)})`;

export const copyTable = (subscription: string, schema: string, table: string): string =>
  `SELECT spock.sub_resync_table(${quoteLiteral(subscription)}, ${quoteRegclass(schema, table)})`;

export const takeSet = (subscription: string, set: string): string =>
  `SELECT spock.sub_add_repset(${quoteLiteral(subscription)}, ${quoteLiteral(set)})`;

export const makeAgain = (subscription: string): string[] => [
  `SELECT spock.sub_drop(${quoteLiteral(subscription)})`,
  `SELECT spock.sub_create(subscription_name := ${quoteLiteral(subscription)}, provider_dsn := '…', synchronize_data := true)`,
];

export const forwardNothing = (subscription: string): string =>
  `SELECT spock.sub_alter_options(${quoteLiteral(subscription)}, '{"forward_origins": []}')`;

export const switchOn = (set: string, flags: readonly string[]): string =>
  `SELECT spock.repset_alter(${quoteLiteral(set)}, ${flags.map((flag) => `replicate_${flag} := true`).join(', ')})`;
