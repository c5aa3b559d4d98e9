/** The quantities of core/model/format.ts as a page sets them: a value never stands on another line than its unit. */
import {
  bytesIn,
  countOf,
  formatCount,
  millisecondsIn,
  type Quantity,
  quantityText,
  rateIn,
  secondsIn,
  shortCountIn,
} from '#core/model/format.ts';

export type { Quantity };

/** A no-break space. */
export const NBSP = '\u00a0';

/** `14.2 s`. */
export const text = (parts: Quantity | readonly Quantity[]): string => quantityText(parts, NBSP);

export const bytes = bytesIn;
export const rate = rateIn;
export const milliseconds = millisecondsIn;
export const shortCount = shortCountIn;
export const count = formatCount;
export const plural = countOf;

export const bytesText = (size: number): string => text(bytesIn(size));
export const rateText = (bytesPerSecond: number): string => text(rateIn(bytesPerSecond));

/** A stretch of time in seconds: `0.2 s`, `3 m 41 s`. */
export const duration = (seconds: number): string => text(secondsIn(seconds));

/** As `duration`, in whole seconds: for ages and uptimes, where a tenth says nothing. */
export const wholeDuration = (seconds: number): string => duration(Math.round(seconds));

/** A lag: `0.2 s`; at least that when `atLeast`. */
export const lagText = (seconds: number, atLeast = false): string =>
  atLeast ? `at least${NBSP}${duration(seconds)}` : duration(seconds);

/** A lag where there is no room for words: `52.2 s`, `≥ 52.2 s`. */
export const shortLag = (seconds: number, atLeast = false): string =>
  atLeast ? `≥${NBSP}${duration(seconds)}` : duration(seconds);
