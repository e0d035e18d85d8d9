import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { emptyMatrix, type HeldOut, matrixFromTriples, type SparseMatrix, type TrainingData } from '@kindred/domain';

const datasets =
  process.env.KINDRED_DATASETS ?? fileURLToPath(new URL('../../../../../../shared/datasets', import.meta.url));

export function hasSplit(trainFile: string): boolean {
  return existsSync(`${datasets}/${trainFile}`);
}

/** A published split of `user_id, item_id, …`; every line is a positive. Positions follow the numbers of the ids. */
export function readSplit(trainFile: string, testFile: string): { data: TrainingData; heldOut: HeldOut } {
  const train = readPairs(trainFile);
  const test = readPairs(testFile);
  const users = vocabulary([...train, ...test].map(([user]) => user));
  const items = vocabulary(train.map(([, item]) => item));
  const unknownItems = new Uint32Array(users.size);
  for (const [user, item] of test) {
    const row = users.get(user) as number;
    if (!items.has(item)) unknownItems[row] = (unknownItems[row] as number) + 1;
  }
  const positives = matrixOf(train, users, items);
  const known = test.filter(([, item]) => items.has(item));
  return {
    data: {
      positives,
      weights: positives.values,
      times: undefined,
      negatives: emptyMatrix(users.size, items.size),
      endTimeMs: undefined,
    },
    heldOut: { items: matrixOf(known, users, items), unknownItems },
  };
}

type Pair = readonly [user: number, item: number];

function readPairs(file: string): Pair[] {
  const text = gunzipSync(readFileSync(`${datasets}/${file}`)).toString('utf8');
  const lines = text.trimEnd().split('\n').slice(1);
  return lines.map((line) => line.split('\t').map(Number) as [number, number]);
}

function vocabulary(ids: number[]): Map<number, number> {
  const sorted = [...new Set(ids)].sort((a, b) => a - b);
  return new Map(sorted.map((id, position) => [id, position]));
}

function matrixOf(pairs: Pair[], users: Map<number, number>, items: Map<number, number>): SparseMatrix {
  const rows = Uint32Array.from(pairs, ([user]) => users.get(user) as number);
  const columns = Uint32Array.from(pairs, ([, item]) => items.get(item) as number);
  return matrixFromTriples(users.size, items.size, rows, columns, new Float32Array(pairs.length).fill(1));
}
