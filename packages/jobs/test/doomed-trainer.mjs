// A trainer of its own process, started to be killed in the middle of a stage. Runs the built package.
// argv: connection, surroundings and timing (JSON each).
import { createStageHandler } from '@kindred/jobs';
import { openQueues, startWorker } from '@kindred/queue';
import { openDatabase } from '@kindred/storage';

const [connection, surroundings, timing] = process.argv.slice(2).map((text) => JSON.parse(text));
const database = await openDatabase(surroundings.databaseUrl);
const queues = await openQueues(connection);
const stage = createStageHandler({ ...surroundings, database, queues });
await startWorker(connection, 'trainer', { train: stage, evaluate: stage, index: stage, promote: stage }, { timing });
