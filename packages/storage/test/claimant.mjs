// Claims a run and an ingest, says their ids and waits to be killed. Runs the built package. argv: the database.
import { createClaimedIngest, createClaimedRun, openDatabase } from '@kindred/storage';

const database = await openDatabase(process.argv[2]);
const { run } = await createClaimedRun(database, { stages: ['train'] });
const { id } = await createClaimedIngest(database, { source: 'shop.csv' });
process.stdout.write(`${JSON.stringify({ runId: run.id, ingestId: id })}\n`);
setInterval(() => {}, 1000);
