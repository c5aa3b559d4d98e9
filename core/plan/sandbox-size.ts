/** Data folders, WAL and the stand-in, measured after a deploy; what traffic adds is not in it. */
export const SANDBOX_DISK_BYTES = 200 * 1024 * 1024;
