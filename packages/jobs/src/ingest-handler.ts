import { ingestLog } from '@kindred/pipeline';
import type { JobHandler } from '@kindred/queue';
import type { Database } from '@kindred/storage';

/** Reads a file that lies on a disk of the worker into the database. Again after a crash: the events of a file are stored all or not at all. */
export function createIngestHandler(database: Database): JobHandler<'ingest'> {
  return async ({ path, options }, { signal, logger }) => {
    const report = await ingestLog(database, { path }, { ...options, signal });
    logger.info(report, 'file ingested');
  };
}
