import { type Engine, loadEngine } from '@kindred/compute';
import {
  columnDegrees,
  emptyMatrix,
  type HeldOut,
  type ItemId,
  matrixFromTriples,
  Random,
  rowDegrees,
  type SparseMatrix,
  type TrainingData,
  type UserId,
} from '@kindred/domain';
import { evaluate, getMetric, trainedCohort } from '@kindred/evaluation';
import { artefactRecommender } from '@kindred/models';
import type { SnapshotPart } from '@kindred/pairs';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ChosenTraining, chooseTraining, refit, silentProgress } from '../src/index.js';

const [GROUPS, USERS, ITEMS] = [3, 36, 24];
const PER_GROUP = ITEMS / GROUPS;

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine('cpu');
});

/** Every gradient that is read has the wrong sign. */
function climbing(): Engine {
  return {
    name: engine.name,
    description: engine.description,
    tf: engine.tf,
    async read(tensor, out) {
      const values = await engine.read(tensor, out);
      if (tensor.rank > 0) for (let k = 0; k < values.length; k++) values[k] = -(values[k] as number);
      return values;
    },
    matmul: engine.matmul.bind(engine),
    scope: engine.scope.bind(engine) as Engine['scope'],
    tensorCount: engine.tensorCount.bind(engine),
    dispose: engine.dispose.bind(engine),
  };
}

/** Users of groups with items of their own, of which validation and test hold two each. */
function plantedPart(): { part: SnapshotPart; test: HeldOut } {
  const random = new Random(11, 'planted part');
  const owners = Uint32Array.from({ length: USERS }, (_, user) => user);
  const orders = Array.from(owners, (user) =>
    random.shuffle(Uint32Array.from({ length: PER_GROUP }, (_, k) => (user % GROUPS) * PER_GROUP + k)),
  );
  const matrixOf = (from: number, to: number): SparseMatrix => {
    const columns = Uint32Array.from(orders.flatMap((order) => [...order.subarray(from, to)]));
    const rows = Uint32Array.from(columns.keys(), (k) => Math.floor(k / (to - from)));
    return matrixFromTriples(USERS, ITEMS, rows, columns, new Float32Array(columns.length).fill(1));
  };
  const heldOutOf = (items: SparseMatrix): HeldOut => ({ items, unknownItems: new Uint32Array(USERS) });
  const positives = matrixOf(0, 4);
  const data: TrainingData = {
    positives,
    weights: positives.values,
    times: undefined,
    negatives: emptyMatrix(USERS, ITEMS),
    endTimeMs: undefined,
  };
  const part: SnapshotPart = {
    name: 'select',
    users: Array.from(owners, (user) => `u${user}` as UserId),
    items: Array.from({ length: ITEMS }, (_, item) => `i${item}` as ItemId),
    data,
    statistics: {
      eventCount: positives.columns.length,
      itemPopularity: columnDegrees(positives),
      userActivity: rowDegrees(positives),
      startTimeMs: undefined,
    },
    heldOut: heldOutOf(matrixOf(4, 6)),
    newUsers: [],
  };
  return { part, test: heldOutOf(matrixOf(6, 8)) };
}

describe('auto, from its probes to what is served', () => {
  const { part, test } = plantedPart();

  /** Recall of the test among the four of the own group that a user has not taken. */
  async function fitted(by: Engine, settings: Record<string, unknown> = {}, seed = 1) {
    const small = { dimensions: 4, epochs: 30, learningRate: 0.1, userTable: 'off', ...settings };
    const request = { method: 'auto', settings: small, engine: by, seed, progress: silentProgress };
    const chosen = await chooseTraining(part, request);
    const { artefact } = await refit(part, request, chosen);
    const cohort = trainedCohort(part.data, test, { mask: 'seen' });
    const evaluation = await evaluate(artefactRecommender(artefact), cohort, { mask: 'seen', cutoffs: [4] });
    return { chosen, recall: getMetric(evaluation, 'recall@4') };
  }
  const unionOf = ({ choices }: ChosenTraining) => choices?.union?.union;

  it('finds planted clusters, on validation alone', async () => {
    const recalls: number[] = [];
    for (const seed of [1, 2, 3]) {
      const { chosen, recall } = await fitted(engine, {}, seed);
      recalls.push(recall);
      expect(chosen.choices?.probes.length).toBeGreaterThan(1);
    }
    // A start in four dimensions finds some groups only by halves with some seeds.
    expect(recalls.reduce((sum, recall) => sum + recall, 0) / recalls.length).toBeGreaterThan(0.93);
  });

  it('whose vectors climb lets the item-to-item model rank, which finds them', async () => {
    const { chosen, recall } = await fitted(climbing());
    expect(unionOf(chosen)?.name).toBe('ease');
    expect(recall).toBeGreaterThan(0.9);
  });

  it('whose vectors climb, and which nothing may join, does not find them', async () => {
    const { chosen, recall } = await fitted(climbing(), { union: 'off' });
    expect(unionOf(chosen)).toBeUndefined();
    expect(recall).toBeLessThan(0.4);
  });
});
