import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { access, constants, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { createGzip, gzipSync } from 'node:zlib';
import { KindredError } from '@kindred/domain';
import type { Evaluation } from '@kindred/evaluation';
import { encodeSafetensors, replaceFile } from '@kindred/models/artefact';

/** What a file of vectors holds: rows by the ids of users.tsv and items.tsv. */
export interface Embeddings {
  /** [U, D] */
  readonly users: Float32Array;
  /** [I, D] */
  readonly items: Float32Array;
  readonly dimensions: number;
}

/** The folder that a person named for the results, made when it is not there. @throws KindredError USAGE */
export async function makeOutputFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    const because = cause instanceof Error ? cause.message : String(cause);
    throw new KindredError('USAGE', `nothing can be written to ${folder} (${because})`, { field: '--out', cause });
  }
}

const RESULT = /^(recommendations\..+\.tsv\.gz|embeddings\..+\.safetensors|metrics\.json|report\.html)$/;

/** Removes what an earlier benchmark wrote there, so that every file belongs to the metrics beside it. */
export async function removeEarlierResults(folder: string): Promise<void> {
  for (const name of await readdir(folder)) if (RESULT.test(name)) await rm(join(folder, name));
}

/** Writes the kept recommendations: user_id, rank (from 1), item_id, score. */
export async function writeRecommendations(
  folder: string,
  evaluation: Evaluation,
  userIds: readonly string[],
  itemIds: readonly string[],
): Promise<void> {
  const gzip = createGzip();
  const file = gzip.pipe(createWriteStream(join(folder, `recommendations.${evaluation.model}.tsv.gz`)));
  const { width, items, scores, counts } = evaluation.top;
  gzip.write('user_id\trank\titem_id\tscore\n');
  for (let row = 0; row < counts.length; row++) {
    const user = userIds[evaluation.userRows[row] as number];
    let lines = '';
    for (let rank = 0; rank < (counts[row] as number); rank++) {
      const at = row * width + rank;
      lines += `${user}\t${rank + 1}\t${itemIds[items[at] as number]}\t${scores[at]}\n`;
    }
    if (!gzip.write(lines)) await once(gzip, 'drain');
  }
  gzip.end();
  await finished(file);
}

/** Writes `test.tsv.gz`: the pairs that were to be found, by which the metrics can be computed again. */
export async function writeTestPairs(folder: string, pairs: Iterable<readonly [string, string]>): Promise<void> {
  let text = 'user_id\titem_id\n';
  for (const [userId, itemId] of pairs) text += `${userId}\t${itemId}\n`;
  await writeFile(join(folder, 'test.tsv.gz'), gzipSync(text));
}

/** Writes `embeddings.NAME.safetensors`; a score is the inner product of a user's row with an item's. */
export async function writeEmbeddings(folder: string, name: string, embeddings: Embeddings): Promise<void> {
  const { users, items, dimensions } = embeddings;
  await replaceFile(
    join(folder, `embeddings.${name}.safetensors`),
    encodeSafetensors({
      users: { shape: [users.length / dimensions, dimensions], data: users },
      items: { shape: [items.length / dimensions, dimensions], data: items },
    }),
  );
}

/** Writes users.tsv and items.tsv: the ids in row order. */
export async function writeVocabularies(
  folder: string,
  userIds: readonly string[],
  itemIds: readonly string[],
): Promise<void> {
  await writeFile(join(folder, 'users.tsv'), `user_id\n${userIds.join('\n')}\n`);
  await writeFile(join(folder, 'items.tsv'), `item_id\n${itemIds.join('\n')}\n`);
}

/**
 * Writes segments.tsv (segment_id, name, size, share) and user-segments.tsv (user_id, segment_id).
 * @param segmentOfUser [U]: -1 for none, an empty cell
 */
export async function writeSegmentTables(
  folder: string,
  segments: readonly (readonly (string | number)[])[],
  userIds: readonly string[],
  segmentOfUser: Int32Array,
): Promise<void> {
  const lines = (header: string, rows: readonly (readonly (string | number)[])[]) =>
    `${[header, ...rows.map((row) => row.join('\t'))].join('\n')}\n`;
  const users = userIds.map((userId, user) => {
    const segment = segmentOfUser[user] as number;
    return [userId, segment < 0 ? '' : segment];
  });
  await writeFile(join(folder, 'segments.tsv'), lines('segment_id\tname\tsize\tshare', segments));
  await writeFile(join(folder, 'user-segments.tsv'), lines('user_id\tsegment_id', users));
}
