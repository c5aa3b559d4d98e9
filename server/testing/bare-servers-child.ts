/** For bare-servers.test.ts: servers in a process of its own, to be killed. Prints the first one's data folder. */
import { startBareServers } from './bare-servers.ts';

const servers = await startBareServers(2, { prepared: false });
await servers.freeze(2);
process.stdout.write(`${servers.dataFolder(1)}\n`);
process.stdin.resume();
