import { type Engine, loadEngine } from '@kindred/compute';
import { syntheticShop } from '@kindred/datasets';
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
import { buildSnapshotInMemory, type PartName, type Snapshot, type SnapshotPart } from '@kindred/pairs';
import { trainModel } from '@kindred/training';
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

describe('a generator, from its choices to what is served', () => {
  const { events } = syntheticShop({ users: 30, items: 24, events: 500, seed: 5 });
  const timed = events.toSorted((a, b) => (a.timeMs as number) - (b.timeMs as number));
  /** The newest fifth is test, the fifth before it validation: as they are, or with the items of others. */
  const snapshotOf = (others: { readonly validation?: boolean; readonly test?: boolean }): Promise<Snapshot> => {
    const [from, to] = [0.6, 0.8].map((share) => Math.floor(share * timed.length)) as [number, number];
    const turned = (some: typeof timed, isTurned = false) =>
      some.map((event, k) => (isTurned ? { ...event, itemId: (some.at(k - 5) as typeof event).itemId } : event));
    return buildSnapshotInMemory({
      train: [timed.slice(0, from)],
      validation: [turned(timed.slice(from, to), others.validation)],
      test: [turned(timed.slice(to), others.test)],
    });
  };
  const requestOf = (method: string, settings: Readonly<Record<string, unknown>>) => ({
    ...{ method, engine, seed: 1, progress: silentProgress },
    settings: { dimensions: 4, epochs: 2, batchSize: 30, ...settings },
  });

  it('learns no pair that is held against it, of validation or of test', async () => {
    const request = requestOf('conditional-gan', { criticUnits: 4, noise: 2 });
    const [given, otherTest] = [await snapshotOf({}), await snapshotOf({ test: true })];
    const fitted = async (snapshot: Snapshot, name: PartName) => {
      const chosen = await chooseTraining(await snapshot.part('select'), request);
      return (await refit(await snapshot.part(name), request, chosen)).artefact;
    };
    expect(await fitted(otherTest, 'evaluate')).toEqual(await fitted(given, 'evaluate'));
    expect(await fitted(otherTest, 'serve')).not.toEqual(await fitted(given, 'serve'));
    const validated = async (snapshot: Snapshot) => {
      const part = await snapshot.part('select');
      // Of one epoch, so that there is none to choose.
      const training = { ...request, data: part.data, vocabulary: part, validation: part.heldOut, epochs: 1 };
      return (await trainModel(training)).artefact;
    };
    expect(await validated(await snapshotOf({ validation: true }))).toEqual(await validated(given));
  });

  it('learns none either where it augments another model', async () => {
    const request = requestOf('two-tower', {});
    const select = await (await snapshotOf({})).part('select');
    const chosen = await chooseTraining({ ...select, heldOut: undefined }, request);
    const nobody = { arms: [], leftOut: [], users: 0, sparseUsers: 0, trainedUsers: 0, because: 'it was asked for' };
    const augmentation = { ...nobody, augmentation: { source: 'dae', count: 5, weight: 0.3 } };
    const augmentationOf = async (test: boolean, name: PartName) => {
      const part = await (await snapshotOf({ test })).part(name);
      const { artefact } = await refit(part, request, { ...chosen, augmentation });
      expect(artefact.augmentation?.source.kind).toBe('generated');
      return artefact.augmentation;
    };
    expect(await augmentationOf(true, 'evaluate')).toEqual(await augmentationOf(false, 'evaluate'));
    expect(await augmentationOf(true, 'serve')).not.toEqual(await augmentationOf(false, 'serve'));
  });
});
