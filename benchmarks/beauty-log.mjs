// Amazon Beauty (S3-Rec's preprocessing) with a day for each position of a history: the set has no times.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { datasetRoot } from './sets.mjs';

const DAY_MS = 86_400_000;
const FIRST_DAY_MS = Date.UTC(2000, 0, 1);
const SOURCE = path.join(datasetRoot, 'amazon-beauty-s3rec/interactions.tsv.gz');

/** The last item of each user is the test, the last but one validation. */
export const BEAUTY_SPLIT = { kind: 'last' };

/**
 * Writes the set into a folder that is gone when `use` is done.
 * @template T
 * @param {(log: {file: string, folder: string}) => Promise<T>} use
 * @returns {Promise<T>}
 */
export async function withBeautyLog(use) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'kindred-beauty-'));
  try {
    const file = path.join(folder, 'beauty.tsv');
    await writeTimed(file);
    return await use({ file, folder });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeTimed(file) {
  const [, ...lines] = gunzipSync(await readFile(SOURCE))
    .toString('utf8')
    .trimEnd()
    .split('\n');
  const rows = lines.map((line) => {
    const [user, item, position] = line.split('\t');
    return `${user}\t${item}\t${new Date(FIRST_DAY_MS + Number(position) * DAY_MS).toISOString()}`;
  });
  await writeFile(file, `user_id\titem_id\ttimestamp\n${rows.join('\n')}\n`);
}
