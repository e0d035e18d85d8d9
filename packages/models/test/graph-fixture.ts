import { emptyMatrix, matrixFromTriples, Random, type SparseMatrix, type TrainingData } from '@kindred/domain';
import { artefactRecommender, type ModelArtefact } from '../src/index.js';
import { prepare, vocabularyOf } from './learned-fixture.js';

/**
 * Settings at which each method can't learn the log by heart: on some dozens of nodes, vectors of the default length
 * have room for every single pair, and the hidden items are pushed away with the rest.
 */
export const PLANTED_SETTINGS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  lightgcn: { dimensions: 8, epochs: 40 },
  simgcl: { dimensions: 4, epochs: 20 },
  xsimgcl: { dimensions: 4, epochs: 20 },
  simplex: { dimensions: 4, epochs: 60 },
  ultragcn: { dimensions: 4, epochs: 100, learningRate: 0.03, neighbourWeight: 1 },
};

/** All epochs of a method on planted data. */
export async function trained(name: string, { data }: PlantedData, settings: Record<string, unknown> = {}) {
  const run = await prepare(name, data, { ...PLANTED_SETTINGS[name], ...settings });
  for (let step = 0; step < run.plannedEpochs * run.stepsPerEpoch; step++) await run.step();
  return run.artefact(vocabularyOf(data));
}

/** A log whose held-out items are known by construction. */
export interface PlantedData {
  readonly data: TrainingData;
  /** One list a user: what a right model ranks first among what the user doesn't have. */
  readonly hidden: readonly (readonly number[])[];
}

/** Four clusters of eight items; each of forty users has five of their cluster, the other three are hidden. */
export function plantedClusters(): PlantedData {
  const random = new Random(11, 'planted clusters');
  const rows = Array.from({ length: 40 }, (_, user) => {
    const order = random.shuffle(Uint32Array.from({ length: 8 }, (_, k) => (user % 4) * 8 + k));
    return { has: [...order.slice(0, 5)], hidden: [...order.slice(5)] };
  });
  return plantedOf(rows, 32);
}

/** Share of the hidden items that stand first among what each user doesn't have. */
export async function hiddenFound(artefact: ModelArtefact, { data, hidden }: PlantedData): Promise<number> {
  const { positives } = data;
  const items = positives.columnCount;
  const scores = new Float32Array(positives.rowCount * items);
  const users = Uint32Array.from({ length: positives.rowCount }, (_, user) => user);
  await artefactRecommender(artefact).score({ history: positives, times: undefined, users }, scores);
  let found = 0;
  let total = 0;
  hidden.forEach((expected, user) => {
    const owned = new Set(positives.columns.subarray(positives.offsets[user], positives.offsets[user + 1]));
    const order = Array.from({ length: items }, (_, item) => item)
      .filter((item) => !owned.has(item))
      .sort((a, b) => (scores[user * items + b] as number) - (scores[user * items + a] as number));
    const first = new Set(order.slice(0, expected.length));
    found += expected.filter((item) => first.has(item)).length;
    total += expected.length;
  });
  return found / total;
}

/** A matrix with every zero written out. */
export function denseOf({ rowCount, columnCount, offsets, columns, values }: SparseMatrix): number[][] {
  return Array.from({ length: rowCount }, (_, row) => {
    const dense = new Array<number>(columnCount).fill(0);
    for (let e = offsets[row] as number; e < (offsets[row + 1] as number); e++) {
      dense[columns[e] as number] = values[e] as number;
    }
    return dense;
  });
}

function plantedOf(rows: readonly { has: readonly number[]; hidden: readonly number[] }[], items: number): PlantedData {
  const users = Uint32Array.from(rows.flatMap(({ has }, user) => has.map(() => user)));
  const columns = Uint32Array.from(rows.flatMap(({ has }) => has));
  const ones = new Float32Array(columns.length).fill(1);
  return {
    data: {
      positives: matrixFromTriples(rows.length, items, users, columns, ones),
      weights: ones,
      times: undefined,
      negatives: emptyMatrix(rows.length, items),
      endTimeMs: undefined,
    },
    hidden: rows.map(({ hidden }) => hidden),
  };
}
