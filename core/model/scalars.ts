/** The small words every other schema is made of. Unknown is `null`, never 0. */
import { z } from 'zod';

/** RFC 3339 in UTC, as `Date.prototype.toISOString` writes it. */
export const Instant = z.iso.datetime();
/** A WAL position as PostgreSQL prints it: `0/19D13C8`. */
export const Lsn = z.string().regex(/^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/);
export const Seconds = z.number();
export const Bytes = z.number();
export const Severity = z.enum(['info', 'warning', 'critical']);
export type Severity = z.infer<typeof Severity>;
export const Health = z.enum(['ok', 'warning', 'critical', 'unknown']);
export type Health = z.infer<typeof Health>;

/** A cluster's name in the console's registry; it stands in paths, so it is kept to what a URL shows plainly. */
export const ClusterName = z
  .string()
  .min(1)
  .max(63)
  .regex(
    /^[\p{L}\p{N}][\p{L}\p{N} ._-]*$/u,
    'letters, digits, space, dot, dash and underscore; begins with a letter or digit',
  );

/** A name as PostgreSQL has room for. */
export const PgName = z.string().min(1).max(63);
