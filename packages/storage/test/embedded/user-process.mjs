// A process that uses the embedded server: says what it got, and closes when its standard input ends.
import { startEmbeddedPostgres } from '@kindred/storage';

const server = await startEmbeddedPostgres({ dataDir: process.argv[2] });
console.log(JSON.stringify({ url: server.url, startedHere: server.startedHere }));
for await (const _ of process.stdin);
await server.close();
