import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Database, findRun } from '@kindred/storage';
import { folders } from './folders.js';

const OPEN = new Set(['queued', 'running']);
/** What is written into folders of their own before it is renamed: nothing takes that long. */
const STAGING_LIMIT_MS = 24 * 3600 * 1000;
const STAGING = [
  { parent: folders.models, pattern: /\.writing-\d+$/ },
  { parent: folders.snapshots, pattern: /^\.tmp-/ },
];

/** Removes what a run kept to go on from. To be called when it has ended. */
export async function removeRunFolder(dataDir: string, runId: string): Promise<void> {
  await rm(folders.run(dataDir, runId), { recursive: true, force: true });
}

/**
 * Removes what killed processes left on the disk: the checkpoints of runs that have ended, and models and snapshots
 * that were never finished. What belongs to a run that this database does not know stays: the folder may have
 * another database too.
 */
export async function removeLeftovers(database: Database, dataDir: string): Promise<void> {
  for (const runId of await namesIn(folders.runs(dataDir))) {
    const run = await findRun(database.db, runId);
    if (run !== undefined && !OPEN.has(run.status)) await removeRunFolder(dataDir, runId);
  }
  for (const { parent, pattern } of STAGING) {
    for (const name of await namesIn(parent(dataDir))) {
      if (pattern.test(name)) await removeWhenOld(join(parent(dataDir), name));
    }
  }
}

async function removeWhenOld(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (found === undefined || Date.now() - found.mtimeMs < STAGING_LIMIT_MS) return;
  await rm(folder, { recursive: true, force: true });
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
