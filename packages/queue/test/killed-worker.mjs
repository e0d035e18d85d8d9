// A worker of its own process, started by queue.test.ts to be killed in the middle of a job.
// Runs the built package. argv: connection (JSON), timing (JSON).
import { startWorker } from '@kindred/queue';

const unused = async () => {};
await startWorker(
  JSON.parse(process.argv[2]),
  'trainer',
  {
    train: async (payload) => {
      process.stdout.write(`began ${payload.runId}\n`);
      await new Promise(() => setInterval(() => {}, 1000));
    },
    evaluate: unused,
    index: unused,
    promote: unused,
  },
  { timing: JSON.parse(process.argv[3]) },
);
