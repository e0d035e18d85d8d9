import type { Engine } from '@kindred/compute';
import { rowEntries, type TrainingData } from '@kindred/domain';
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
      const target = targetOf(cohort, user);
      choices.forEach(({ priorWindowDays, shrinkage }, k) => {
        const scale = trustOf(known.length, shrinkage) / artefact.encoder.temperature;
        const logPrior = logPriors.get(priorWindowDays) as Float32Array;
        (results[k] as Float64Array)[user] = ndcg(row, scale, logPrior, weights[k] as number, target);
      });
    }
  }
  return results;
}

/** What a user should find. */
interface Target {
  readonly items: Uint32Array;
  /** The best DCG that a list of 20 could have. */
  readonly ideal: number;
  /** [items]: how many candidates rank before each; scratch. */
  readonly ranks: Uint32Array;
  /** [items]: scores; scratch. */
  readonly scores: Float64Array;
}

function targetOf(cohort: Cohort, user: number): Target {
  const [items] = rowEntries(cohort.relevant, user);
  const total = items.length + (cohort.unknownRelevant[user] as number);
  let ideal = 0;
  for (let rank = 0; rank < Math.min(CUTOFF, total); rank++) ideal += gainAt(rank);
  return { items, ideal, ranks: new Uint32Array(items.length), scores: new Float64Array(items.length) };
}

function gainAt(rank: number): number {
  return 1 / Math.log2(rank + 2);
}

/** NDCG@20 of the ranking by scale * cosine + strength * logPrior; ties go to the lower index. */
function ndcg(cosines: Float32Array, scale: number, logPrior: Float32Array, strength: number, target: Target): number {
  const { items, ranks, scores, ideal } = target;
  ranks.fill(0);
  let lowest = Number.POSITIVE_INFINITY;
  for (let t = 0; t < items.length; t++) {
    const item = items[t] as number;
    const score = scale * (cosines[item] as number) + strength * (logPrior[item] as number);
    scores[t] = score;
    if (score < lowest) lowest = score;
  }
  for (let j = 0; j < cosines.length; j++) {
    const score = scale * (cosines[j] as number) + strength * (logPrior[j] as number);
    if (score < lowest) continue;
    for (let t = 0; t < items.length; t++) {
      const bar = scores[t] as number;
      if (score > bar || (score === bar && j < (items[t] as number))) ranks[t] = (ranks[t] as number) + 1;
    }
  }
  let gained = 0;
  for (const rank of ranks) if (rank < CUTOFF) gained += gainAt(rank);
  return gained / ideal;
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
