import { emptyMatrix, type HeldOut, matrixFromTriples, Random, type TrainingData } from '@kindred/domain';
import { evaluate, getMetric, trainedCohort } from '@kindred/evaluation';
import { artefactRecommender, type MethodRun, type ModelArtefact } from '../src/index.js';
import { vocabularyOf } from './learned-fixture.js';

/** A log whose answer is known: what of their group's items each user has not taken yet. */
export interface Planted {
  readonly data: TrainingData;
  readonly heldOut: HeldOut;
  /** [U] */
  readonly groupOfUser: Uint32Array;
}

export interface PlantedShape {
  readonly groups: number;
  readonly usersPerGroup: number;
  readonly itemsPerGroup: number;
  /** Items of the own group that each user has not taken, >= 1. */
  readonly held: number;
  /** Items of other groups that each user has taken. */
  readonly noise: number;
}

/** Users of groups with items of their own, and some noise. A model that sees the groups has an NDCG near 1. */
export function plantedClusters(shape: PlantedShape, label = 'planted'): Planted {
  const { groups, usersPerGroup, itemsPerGroup, held, noise } = shape;
  const random = new Random(11, label);
  const groupOfUser = Uint32Array.from({ length: groups * usersPerGroup }, (_, user) => user % groups);
  const train: [number, number][] = [];
  const test: [number, number][] = [];
  groupOfUser.forEach((group, user) => {
    const own = random.shuffle(Uint32Array.from({ length: itemsPerGroup }, (_, k) => group * itemsPerGroup + k));
    own.forEach((item, k) => {
      (k < held ? test : train).push([user, item]);
    });
    for (const k of random.sample((groups - 1) * itemsPerGroup, noise)) {
      train.push([user, k < group * itemsPerGroup ? k : k + itemsPerGroup]);
    }
  });
  return { ...plantedPairs(groupOfUser.length, groups * itemsPerGroup, train, test), groupOfUser };
}

/**
 * The checkerboard of benfred/implicit: even users have taken the even items and odd ones the odd, each but one, and
 * that is the answer.
 */
export function checkerboard(size: number): Planted {
  const groupOfUser = Uint32Array.from({ length: size }, (_, user) => user % 2);
  const train: [number, number][] = [];
  const test: [number, number][] = [];
  for (let user = 0; user < size; user++) {
    for (let item = user % 2; item < size; item += 2) (item === user ? test : train).push([user, item]);
  }
  return { ...plantedPairs(size, size, train, test), groupOfUser };
}

/** NDCG at the number of held-out items, over all users: 1 where they are ranked first. */
export function plantedNdcg(run: MethodRun, planted: Planted): Promise<number> {
  return artefactNdcg(run.artefact(vocabularyOf(planted.data)), planted);
}

/** The same of a model that is no longer in training. */
export async function artefactNdcg(artefact: ModelArtefact, { data, heldOut }: Planted): Promise<number> {
  const cutoff = heldOut.items.columns.length / heldOut.items.rowCount;
  const cohort = trainedCohort(data, heldOut, { mask: 'seen' });
  const recommender = artefactRecommender(artefact);
  const evaluation = await evaluate(recommender, cohort, { mask: 'seen', cutoffs: [cutoff], keepTop: 0 });
  return getMetric(evaluation, `ndcg@${cutoff}`);
}

/** All steps that the run has planned. @returns the loss of each */
export async function trainToEnd(run: MethodRun): Promise<number[]> {
  const losses: number[] = [];
  for (let step = 0; step < run.plannedEpochs * run.stepsPerEpoch; step++) losses.push(await run.step());
  return losses;
}

function plantedPairs(users: number, items: number, train: readonly Pair[], test: readonly Pair[]) {
  const matrixOf = (pairs: readonly Pair[]) =>
    matrixFromTriples(
      users,
      items,
      Uint32Array.from(pairs, ([user]) => user),
      Uint32Array.from(pairs, ([, item]) => item),
      new Float32Array(pairs.length).fill(1),
    );
  const positives = matrixOf(train);
  const data: TrainingData = {
    positives,
    weights: positives.values,
    times: undefined,
    negatives: emptyMatrix(users, items),
    endTimeMs: undefined,
  };
  return { data, heldOut: { items: matrixOf(test), unknownItems: new Uint32Array(users) } };
}

type Pair = readonly [user: number, item: number];
