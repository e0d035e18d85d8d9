import type { Engine } from '@kindred/compute';
import { rowEntries, TopK, type TrainingData } from '@kindred/domain';
import type { Cohort, Mask } from '@kindred/evaluation';
import {
  type ModelArtefact,
  priorPopularity,
  type ServingChoice,
  servedPriorWeight,
  typicalHistory,
  userVectors,
} from '@kindred/models';
import { trustOf } from '@kindred/models/artefact';

/** What ranking asks for beside the model. */
export interface RankingParts {
  readonly engine: Engine;
  readonly mask: Mask;
}

const CUTOFF = 20;
/** Scores held at once. */
const SCORES_PER_BLOCK = 2 ** 23;

/** NDCG@20 of every user under every choice, by one pass over the cosines for each. [choices][E] */
export async function ndcgOfChoices(
  artefact: ModelArtefact,
  data: TrainingData,
  cohort: Cohort,
  choices: readonly ServingChoice[],
  { engine, mask }: RankingParts,
): Promise<Float64Array[]> {
  const items = artefact.items.length;
  const users = cohort.histories.rowCount;
  const width = artefact.dimensions - 1;
  const logPriors = new Map<number, Float32Array>();
  for (const { priorWindowDays: days } of choices) {
    if (!logPriors.has(days)) logPriors.set(days, priorPopularity(data, days).map(Math.log));
  }
  const typical = typicalHistory(data);
  const weights = choices.map(({ priorStrength, shrinkage }) => servedPriorWeight(typical, priorStrength, shrinkage));
  const queries = cosineQueries(artefact, cohort); // [E, width]
  const columns = itemColumns(artefact); // [width, I]
  const results = choices.map(() => new Float64Array(users));
  const isWanted = new Uint8Array(items);
  const [positions, scores] = [new Uint32Array(CUTOFF), new Float32Array(CUTOFF)];
  const ranking: Ranking = { top: new TopK(CUTOFF), positions, scores, count: 0 };
  const blockUsers = Math.max(1, Math.floor(SCORES_PER_BLOCK / Math.max(1, items)));
  for (let start = 0; start < users; start += blockUsers) {
    const end = Math.min(users, start + blockUsers);
    const block = queries.subarray(start * width, end * width);
    const cosines = await engine.matmul(block, [end - start, width], columns, [width, items]); // [block, I]
    for (let user = start; user < end; user++) {
      const row = cosines.subarray((user - start) * items, (user - start + 1) * items);
      const [known] = rowEntries(cohort.histories, user);
      if (mask === 'seen') for (const item of known) row[item] = Number.NEGATIVE_INFINITY;
      if (cohort.hidden !== undefined) {
        for (const item of rowEntries(cohort.hidden, user)[0]) row[item] = Number.NEGATIVE_INFINITY;
      }
      const [wanted] = rowEntries(cohort.relevant, user);
      for (const item of wanted) isWanted[item] = 1;
      ranking.count = 0;
      const ideal = idealOf(wanted.length + (cohort.unknownRelevant[user] as number));
      choices.forEach(({ priorWindowDays, shrinkage }, k) => {
        const scale = trustOf(known.length, shrinkage) / artefact.encoder.temperature;
        const logPrior = logPriors.get(priorWindowDays) as Float32Array;
        rank(row, scale, logPrior, weights[k] as number, ranking);
        (results[k] as Float64Array)[user] = gainOf(ranking, isWanted) / ideal;
      });
      for (const item of wanted) isWanted[item] = 0;
    }
  }
  return results;
}

/** The best items of a user, best first, with what finds them. */
interface Ranking {
  readonly top: TopK;
  readonly positions: Uint32Array;
  readonly scores: Float32Array;
  /** How many positions are used. */
  count: number;
}

/**
 * Ranks by scale * cosine + strength * logPrior; ties go to the lower index, and what is masked is no candidate.
 * @param ranking holds the user's ranking under the choice before, or none: so many items as rank here score no less than
 *   the least of them does, so nothing below that has to be looked at
 */
function rank(cosines: Float32Array, scale: number, logPrior: Float32Array, strength: number, ranking: Ranking): void {
  const { top, positions, scores, count } = ranking;
  const scoreOf = (j: number) => scale * (cosines[j] as number) + strength * (logPrior[j] as number);
  let bar = Number.MIN_SAFE_INTEGER; // Above what is masked.
  if (count === CUTOFF) bar = positions.reduce((least, j) => Math.min(least, scoreOf(j)), Number.POSITIVE_INFINITY);
  top.clear();
  const whole = cosines.length - 3;
  let j = 0;
  while (j < cosines.length) {
    // Nearly all items lie below: four of them are passed over at a time.
    if (
      j < whole &&
      scale * (cosines[j] as number) + strength * (logPrior[j] as number) < bar &&
      scale * (cosines[j + 1] as number) + strength * (logPrior[j + 1] as number) < bar &&
      scale * (cosines[j + 2] as number) + strength * (logPrior[j + 2] as number) < bar &&
      scale * (cosines[j + 3] as number) + strength * (logPrior[j + 3] as number) < bar
    ) {
      j += 4;
      continue;
    }
    const score = scale * (cosines[j] as number) + strength * (logPrior[j] as number);
    if (score >= bar) {
      top.offer(score, j);
      if (top.bar > bar) bar = top.bar;
    }
    j++;
  }
  ranking.count = top.drain(positions, scores);
}

function gainOf({ positions, count }: Ranking, isWanted: Uint8Array): number {
  let gain = 0;
  for (let rank = 0; rank < count; rank++) if (isWanted[positions[rank] as number] === 1) gain += gainAt(rank);
  return gain;
}

/** The best DCG that a list of 20 could have with so much to find. */
function idealOf(total: number): number {
  let ideal = 0;
  for (let rank = 0; rank < Math.min(CUTOFF, total); rank++) ideal += gainAt(rank);
  return ideal;
}

function gainAt(rank: number): number {
  return 1 / Math.log2(rank + 2);
}

/** Unit directions of the cohort's users, without prior and shrinkage. [E, width] */
function cosineQueries(artefact: ModelArtefact, { histories, times, users }: Cohort): Float32Array {
  const { dimensions, encoder } = artefact;
  const width = dimensions - 1;
  const plain = { ...artefact, encoder: { ...encoder, shrinkage: 0 } };
  const vectors = userVectors(plain, { history: histories, times, users });
  const queries = new Float32Array(histories.rowCount * width);
  for (let user = 0; user < histories.rowCount; user++) {
    queries.set(vectors.subarray(user * dimensions, user * dimensions + width), user * width);
  }
  return queries;
}

/** The items' unit vectors, transposed. [width, I] */
function itemColumns({ itemVectors, items, dimensions }: ModelArtefact): Float32Array {
  const width = dimensions - 1;
  const columns = new Float32Array(width * items.length);
  for (let item = 0; item < items.length; item++) {
    for (let c = 0; c < width; c++) columns[c * items.length + item] = itemVectors[item * dimensions + c] as number;
  }
  return columns;
}
