import { runStage } from '@kindred/pipeline';
import { serveChild } from '@kindred/queue/child';
import { openDatabase } from '@kindred/storage';
import type { StagePayload } from './stage-payload.js';

// The entry of the process that does one stage: see stage-handler.ts.
serveChild<StagePayload, object>(async (payload, { signal, progress, log }) => {
  const database = await openDatabase(payload.databaseUrl, { applicationName: 'kindred-stage', poolSize: 4 });
  try {
    return await runStage(
      {
        database,
        dataDir: payload.dataDir,
        threads: payload.threads,
        engine: payload.engine,
        signal,
        progress: {
          say: (message, data) => log('info', data ?? {}, message),
          advance: (label, done, total) => progress({ label, done, total }),
        },
      },
      payload.runId,
      payload.stage,
    );
  } finally {
    await database.close();
  }
});
