/** What the page makes of an address that is typed. Loaded when the page shows already (use-dsn-reader.ts). */
import { maskDsn } from '#core/dsn/mask.ts';
import { databaseOf } from '#core/dsn/place.ts';
import { isServerUnproven } from '#core/dsn/trust.ts';

/** A name for a cluster out of the address of one of its nodes: its database, which the nodes share. Pure, and only a guess. */
export const nameFromDsn = (dsn: string): string =>
  // What a cluster's name may not hold (core/model/scalars.ts) is left out.
  (databaseOf(dsn) ?? '')
    .replace(/[^\p{L}\p{N} ._-]/gu, '')
    .replace(/^[^\p{L}\p{N}]+/u, '')
    .slice(0, 63);

/** As it may be shown. */
export const masked = (dsn: string): string => maskDsn(dsn);

/** A word of caution beside an address; null: none is due. */
export const cautionOf = (dsn: string): string | null =>
  isServerUnproven(dsn)
    ? 'Without sslmode=verify-full another server may take its place. Its password is sent as SCRAM only, never in plain text.'
    : null;
