/** The header of a page of WAL, short or (the first of a segment) long: xlog_internal.h. */
const PAGE_HEADERS: readonly bigint[] = [24n, 40n];

/**
 * The end of the last record before an insert position. Where a record ends with its page, the position for the next is behind
 * that page's header (GetXLogInsertRecPtr in xlog.c), and no slot confirms it before there is a next one. `page` in bytes.
 */
export function recordEnd(position: bigint, page: number): bigint {
  const offset = position % BigInt(page);
  return PAGE_HEADERS.includes(offset) ? position - offset : position;
}
