/**
 * For tests: files that run at the same time take their servers' ports from different ranges, so that none gets the port of a
 * server of the other that is down for a moment. All below the ports that the system gives to outgoing connections.
 */
const FIRST = 5501;
const EACH = 240;

const worker = Number(process.env.VITEST_POOL_ID ?? 1) - 1;
process.env.TRICORDER_SANDBOX_PORTS ??= `${FIRST + worker * EACH}-${FIRST + (worker + 1) * EACH - 1}`;
