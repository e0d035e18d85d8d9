import type { Engine } from '@kindred/compute';
import { Random, rowDegrees, rowEntries, type UserBatch } from '@kindred/domain';
import { type Cohort, evaluate, type Mask, selectUsers } from '@kindred/evaluation';
import { artefactRecommender, type ModelArtefact } from '@kindred/models';
import {
  type AugmentationSource,
  ENOUGH_ITEMS,
  type PseudoItemSource,
  type PseudoItems,
  pseudoItemsOf,
} from '@kindred/models/artefact';
import { shortCohort } from '../short-cohort.js';

const METRIC = 'ndcg@20';
const CUTOFF = 20;
/** Items known of the short histories, beside those that are short by themselves. */
const SHORT_HISTORIES = [1, 2, 3, 5];
/** How many items a trial may ask for. */
const MOST_PSEUDO_ITEMS = 30;

/** What is augmented, and how it is asked. */
export interface BenchParts {
  /** Trained without the users who are asked, with whatever joins its vectors. */
  readonly artefact: ModelArtefact;
  readonly mask: Mask;
  readonly engine: Engine;
  readonly seed: number;
  /** By how many of those who are asked a source is set, at most; all of them compare. */
  readonly setters: number;
  readonly signal?: AbortSignal | undefined;
}

/** A source with how much of it is taken. */
export interface Trial {
  readonly source: AugmentationSource;
  readonly count: number;
  readonly weight: number;
}

/** NDCG@20 of users, [U] each; 0 of those who were not ranked for. */
export interface ShortFigures {
  /** Mean over a user's short histories. */
  readonly perUser: Float64Array;
  /** Of the history as it is, where that is short by itself; 0 for all others. */
  readonly asTheyAre: Float64Array;
}

export interface AugmentationBench {
  measure(trial: Trial | undefined, rows: Uint32Array): Promise<ShortFigures>;
  /** Rows of those who are asked, in the order of the draw: who sets a source first, then who compares only. */
  readonly asked: Uint32Array;
  /** Who sets a source, in two halves. */
  readonly setters: readonly [Uint32Array, Uint32Array];
  /** Who compares only. */
  readonly comparers: Uint32Array;
  /** Rows of those among them whose history is short by itself. */
  readonly sparse: Uint32Array;
}

/** @returns undefined where fewer than two users can be asked */
export function openBench(
  { artefact, engine, mask, seed, setters, signal }: BenchParts,
  cohort: Cohort,
): AugmentationBench | undefined {
  const questions = questionsOf(cohort, mask, seed);
  const users = cohort.histories.rowCount;
  const counts = new Float64Array(users);
  for (const { rows } of questions) for (const row of rows) counts[row] = (counts[row] as number) + 1;
  const asked = Uint32Array.from(counts.keys()).filter((row) => (counts[row] as number) > 0);
  if (asked.length < 2) return undefined;
  const order = new Random(seed, 'augmentation halves').shuffle(asked.slice());
  const setting = Math.min(setters, order.length);
  const half = setting >> 1;
  const whole = new Set(questions.flatMap(({ rows, isWhole }) => (isWhole ? [...rows] : [])));
  let lists: ProposedLists | undefined;
  const matmul = engine.matmul.bind(engine);
  const recommenderOf = (trial: Trial | undefined) => {
    if (trial === undefined) return artefactRecommender({ ...artefact, augmentation: undefined }, { matmul });
    const { source } = trial;
    if (source.kind === 'self' || source.kind === 'popularity') {
      return artefactRecommender({ ...artefact, augmentation: trial }, { matmul });
    }
    // Those of the source before are not asked again.
    const proposed = lists?.source === source ? lists : new ProposedLists(artefact, source);
    lists = proposed;
    return artefactRecommender(artefact, { matmul, pseudoItems: (batch, row) => proposed.of(batch, row, trial) });
  };
  return {
    async measure(trial, wanted) {
      const recommender = recommenderOf(trial);
      const isWanted = new Set(wanted);
      const perUser = new Float64Array(users);
      const asTheyAre = new Float64Array(users);
      for (const { rows, short, isWhole } of questions) {
        const places = Uint32Array.from(rows.keys()).filter((place) => isWanted.has(rows[place] as number));
        if (places.length === 0) continue;
        const found = await evaluate(recommender, selectUsers(short, places), {
          mask,
          cutoffs: [CUTOFF],
          keepTop: 0,
          signal,
        });
        const values = found.perUser[METRIC] as Float64Array;
        places.forEach((place, k) => {
          const row = rows[place] as number;
          perUser[row] = (perUser[row] as number) + (values[k] as number) / (counts[row] as number);
          if (isWhole) asTheyAre[row] = values[k] as number;
        });
      }
      return { perUser, asTheyAre };
    },
    asked: order,
    setters: [order.subarray(0, half), order.subarray(half, setting)],
    comparers: order.subarray(setting),
    sparse: order.filter((row) => whole.has(row)),
  };
}

/** Users cut to a few items, and those who have few by themselves. */
function questionsOf(cohort: Cohort, mask: Mask, seed: number) {
  const lengths = rowDegrees(cohort.histories);
  const rows = Uint32Array.from(lengths.keys()).filter((row) => isShort(lengths[row] as number));
  const short: Cohort = { ...selectUsers(cohort, rows), users: undefined };
  const cut = SHORT_HISTORIES.map((known) => ({ ...shortCohort(cohort, known, mask, seed), isWhole: false }));
  return [...cut, { rows, short, isWhole: true }].filter((question) => question.rows.length > 0);
}

/** Whether something is added to so many items. */
export function isShort(items: number): boolean {
  return items > 0 && items < ENOUGH_ITEMS;
}

/** What a source expects of each history, asked once: choices of count and weight are parts of the same list. */
class ProposedLists {
  readonly source: PseudoItemSource;
  readonly #artefact: ModelArtefact;
  readonly #lists = new Map<string, PseudoItems | undefined>();

  constructor(artefact: ModelArtefact, source: PseudoItemSource) {
    this.source = source;
    this.#artefact = { ...artefact, augmentation: { source, count: MOST_PSEUDO_ITEMS, weight: 1 } };
  }

  of({ history, times }: UserBatch, row: number, { count, weight }: Trial): PseudoItems | undefined {
    const [items, strengths] = rowEntries(history, row);
    const own = times?.subarray(history.offsets[row], history.offsets[row + 1]);
    const key = `${items.join()} ${strengths.join()} ${own?.join()}`;
    if (!this.#lists.has(key)) this.#lists.set(key, pseudoItemsOf(this.#artefact, items, strengths, noOwnBest, own));
    const list = this.#lists.get(key);
    return list && { items: list.items.subarray(0, count), weight: weight * list.weight };
  }
}

function noOwnBest(): Uint32Array {
  return new Uint32Array(0);
}
