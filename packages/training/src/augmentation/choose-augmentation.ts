import { type HeldOut, hasEntry, KindredError, rowDegrees, rowEntries, type TrainingData } from '@kindred/domain';
import { type Cohort, compare, holmAdjusted, type Interval } from '@kindred/evaluation';
import type { ModelArtefact, Vocabulary } from '@kindred/models';
import type { AugmentationSource } from '@kindred/models/artefact';
import { isBeyondChance } from '../probing/beyond-chance.js';
import { dataOfUsers } from '../probing/sample-users.js';
import { affordableUsers, validationCohort } from '../validation-cohort.js';
import { meanOf } from '../validator.js';
import {
  type AugmentationBench,
  type BenchParts,
  isShort,
  openBench,
  type ShortFigures,
  type Trial,
} from './augmentation-bench.js';
import { POPULARITY } from './augmentation-source.js';

/** What helps short histories, by the name of its source. */
export interface AugmentationChoice {
  readonly source: string;
  /** k; 0 for `popularity` */
  readonly count: number;
  /** w0 */
  readonly weight: number;
}

/** One source, set by some of those who are asked; its figures are of all of them, nobody's by a choice of their own. */
export interface AugmentationArm extends AugmentationChoice {
  /** NDCG@20, mean over users of the mean over their short histories. */
  readonly ndcg: number;
  /** The same without augmentation. */
  readonly without: number;
  /** Mean of the paired differences, and its 95 % interval. */
  readonly difference: number;
  readonly interval: Interval;
  /** Two-sided, adjusted for the number of sources. */
  readonly p: number;
  /** Means of those among the users whose history is short by itself, with all of it. */
  readonly sparse: { readonly users: number; readonly ndcg: number; readonly without: number };
}

export interface ChosenAugmentation {
  /** Undefined: histories stay as they are. */
  readonly augmentation: AugmentationChoice | undefined;
  readonly arms: readonly AugmentationArm[];
  /** Sources that learned nothing from these users, so that there is no arm of them, each with what was seen. */
  readonly leftOut: readonly { readonly source: string; readonly because: string }[];
  /** How many users the arms were compared on. */
  readonly users: number;
  /** Users with so few items, validation's included, that something is added for them, and of how many. */
  readonly sparseUsers: number;
  readonly trainedUsers: number;
  /** Why, in one sentence without its full stop. */
  readonly because: string;
}

export interface AugmentationRequest extends Omit<BenchParts, 'artefact' | 'setters'> {
  /** The model that may be augmented, of users who are not asked: whoever is asked is somebody new to it. */
  readonly model: ModelFactory;
  /** Without the validation events. */
  readonly data: TrainingData;
  /** Undefined: there is none, and nobody can be asked. */
  readonly validation: HeldOut | undefined;
  readonly vocabulary: Vocabulary;
  /** By name, those that ask for least first; each is made of users who are not asked. */
  readonly sources: Readonly<Record<string, SourceFactory>>;
  /** One of the sources, to be taken whatever the comparison says; undefined: the best, if it helps. */
  readonly asked?: string | undefined;
}

/** A model that knows those users and nobody else. */
export type ModelFactory = (data: TrainingData, vocabulary: Vocabulary) => Promise<ModelArtefact>;

/** A source that knows those users and nobody else. */
export type SourceFactory = (data: TrainingData, vocabulary: Vocabulary) => Promise<AugmentationSource>;

/** Of the users, so many are asked at most: the others have to be enough to make a source of. */
const ASKED_SHARE = 0.25;
/** All who are asked compare, so that small gains are told from chance; one in so many sets a source, by six rankings. */
const ASKED_PER_SETTER = 4;
/** Fewer can not be divided. */
const FEWEST_USERS = 2;
const TEACH_NOTHING: readonly string[] = ['TRAINING_DEGENERATE', 'DATA_EMPTY'];
const METRIC = 'ndcg@20';
/** Six choices of each source, so that none is set better than another. */
const PSEUDO_ITEMS = [10, 30].flatMap((count) => [0.1, 0.3, 1].map((weight) => ({ count, weight })));
/** Up to where popularity alone ranks. */
const MORE_POPULARITY = [0.5, 1, 2, 4, 8, 32].map((weight) => ({ count: 0, weight }));
const TOO_FEW = 'too few users of validation to ask whether it helps';
const LEVEL = 0.05;
/** Of fewer users with short histories of their own a mean is chance. */
const FEWEST_SPARSE = 30;
const SAMPLES = 2000;

/**
 * Whether short histories should be helped, and by what: users of validation are ranked for as if only 1, 2, 3 and 5 of
 * their items were known, and those with few as they are. Each source is set (how many items, of which weight, or how much
 * more popularity: six choices each) and compared with none, cross-fitted: who sets it does so in two halves, each for the
 * other, and where many are asked most of them set nothing, so that all compare and nobody by a choice that they had a say in.
 * Model and sources are made without any of these users: whoever is among the neighbours, or was trained on, would be told
 * their own items. Of those that are better with p < .05 (Holm), and by which users with few items of their own (30 or more of
 * them) do not lose beyond chance, the first is taken that the best does not beat beyond chance; longer histories are not
 * touched. Where nobody can be asked no arm is compared: histories stay as they are, or the source that is asked for adds the
 * least that it may. The study of which this is the small copy is docs/generative.md.
 * @throws KindredError INTERRUPTED
 */
export async function chooseAugmentation(request: AugmentationRequest): Promise<ChosenAugmentation> {
  return (await compareSources(request)) ?? uncompared(request);
}

/** @returns undefined where nobody can be asked */
async function compareSources(request: AugmentationRequest): Promise<ChosenAugmentation | undefined> {
  const { data, seed, validation, mask } = request;
  const { rowCount, columnCount } = data.positives;
  const trained = rowDegrees(data.positives).filter(hasItems).length;
  const setters = affordableUsers(columnCount);
  const validationUsers = Math.min(ASKED_PER_SETTER * setters, Math.floor(ASKED_SHARE * trained));
  const cohort = validationCohort({ data, seed, validation, mask, validationUsers });
  if (cohort === undefined || cohort.histories.rowCount < FEWEST_USERS) return undefined;
  const others = usersBeside(cohort, rowCount);
  const known = dataOfUsers(data, others);
  const users = Array.from(others, (user) => request.vocabulary.users[user] as string);
  const vocabulary = { ...request.vocabulary, users };
  const artefact = await orWhyNot(request.model(known, vocabulary));
  if (artefact instanceof KindredError) return undefined;
  const bench = openBench({ ...request, artefact, setters }, cohort);
  if (bench === undefined) return undefined;
  const plain = await bench.measure(undefined, bench.asked);
  const set: SetArm[] = [];
  const leftOut: { source: string; because: string }[] = [];
  for (const [name, create] of Object.entries(request.sources)) {
    const creating = create(known, vocabulary);
    const source = request.asked === undefined ? await orWhyNot(creating) : await creating;
    // The others are compared all the same.
    if (source instanceof KindredError) leftOut.push({ source: name, because: source.message });
    else set.push({ source: name, ...(await setArm(bench, source, plain, seed)) });
  }
  const adjusted = holmAdjusted(set.map(({ p }) => p));
  const arms = set.map((arm, k) => ({ ...arm, p: adjusted[k] as number }));
  return { ...verdict(arms, pick(bench.asked, plain.perUser), request), leftOut };
}

/** The error where the data that are left teach nothing. */
async function orWhyNot<T>(creating: Promise<T>): Promise<T | KindredError> {
  try {
    return await creating;
  } catch (error) {
    if (error instanceof KindredError && TEACH_NOTHING.includes(error.code)) return error;
    throw error;
  }
}

/** Positions of the users who are not asked, ascending. */
function usersBeside({ users = new Uint32Array(0) }: Cohort, count: number): Uint32Array {
  const asked = new Set(users);
  return Uint32Array.from({ length: count }, (_, user) => user).filter((user) => !asked.has(user));
}

/** An arm with NDCG@20 of every user who decides. */
interface SetArm extends Omit<AugmentationArm, 'ndcg' | 'without'> {
  readonly values: Float64Array;
  /** Whether those with short histories of their own, where they are enough to tell, rank lower by it beyond chance. */
  readonly harmsThem: boolean;
}

/** A source beside none; its p is not adjusted. */
async function setArm(bench: AugmentationBench, source: AugmentationSource, plain: ShortFigures, seed: number) {
  const { trial, figures } = await crossFitted(bench, source);
  const values = pick(bench.asked, figures.perUser);
  const own = pick(bench.sparse, figures.asTheyAre);
  const ownWithout = pick(bench.sparse, plain.asTheyAre);
  return {
    count: trial.count,
    weight: trial.weight,
    values,
    sparse: sparseOf(own, ownWithout),
    harmsThem: own.length >= FEWEST_SPARSE && isBeyondChance(ownWithout, own),
    ...differenceOf(values, pick(bench.asked, plain.perUser), seed),
  };
}

/**
 * The choice that is best for all who set it, and figures that nobody had a say in: of each half of the setters by the choice
 * that is best for the other half, of whoever compares only by the choice of all.
 */
export async function crossFitted(bench: AugmentationBench, source: AugmentationSource) {
  const [first, second] = bench.setters;
  const setters = bench.asked.subarray(0, first.length + second.length);
  const tried: { readonly trial: Trial; readonly figures: ShortFigures }[] = [];
  for (const choice of choicesOf(source.kind === POPULARITY)) {
    const trial = { source, ...choice };
    tried.push({ trial, figures: await bench.measure(trial, setters) });
  }
  const bestBy = (rows: Uint32Array) => {
    const means = tried.map(({ figures }) => meanOf(pick(rows, figures.perUser)));
    return tried[means.indexOf(Math.max(...means))] as (typeof tried)[number];
  };
  const { trial } = bestBy(setters);
  const figures = await bench.measure(trial, bench.comparers);
  copyFigures(first, bestBy(second).figures, figures);
  copyFigures(second, bestBy(first).figures, figures);
  return { trial, figures };
}

function copyFigures(rows: Uint32Array, from: ShortFigures, to: ShortFigures): void {
  for (const row of rows) {
    to.perUser[row] = from.perUser[row] as number;
    to.asTheyAre[row] = from.asTheyAre[row] as number;
  }
}

/** How much may be added, the least first. */
function choicesOf(isPopularity: boolean) {
  return isPopularity ? MORE_POPULARITY : PSEUDO_ITEMS;
}

function pick(rows: Uint32Array, values: Float64Array): Float64Array {
  return Float64Array.from(rows, (row) => values[row] as number);
}

function differenceOf(values: Float64Array, without: Float64Array, seed: number) {
  const userRows = Uint32Array.from(values.keys());
  const of = (model: string, perUser: Float64Array) => ({ model, userRows, perUser: { [METRIC]: perUser } });
  const options = { samples: SAMPLES, seed };
  const { difference, interval, pBootstrap, pPermutation } = compare(
    of('with', values),
    of('without', without),
    METRIC,
    options,
  );
  // Of few users who all gain the bootstrap is too sure.
  return { difference, interval, p: Math.max(pBootstrap, pPermutation) };
}

/** What is done where there was nobody to compare by. */
function uncompared(request: AugmentationRequest): ChosenAugmentation {
  const { asked: source } = request;
  const reached = { arms: [], leftOut: [], users: 0, ...usersOf(request) };
  if (source === undefined) {
    return { ...reached, augmentation: undefined, because: `short histories stay as they are: ${TOO_FEW}` };
  }
  const [least] = choicesOf(source === POPULARITY) as [Omit<AugmentationChoice, 'source'>];
  const augmentation = { source, ...least };
  const because = `short histories are ranked with ${inWords(augmentation)}, which was asked for; there are ${TOO_FEW}`;
  return { ...reached, augmentation, because };
}

function verdict(
  set: readonly SetArm[],
  without: Float64Array,
  request: AugmentationRequest,
): Omit<ChosenAugmentation, 'leftOut'> {
  const { asked } = request;
  const helping = set.filter((arm) => objectionTo(arm) === undefined);
  const best = bestOf(helping);
  // Of sources that are level the one that asks for least.
  const simplest = best && helping.find((arm) => !isBeyondChance(best.values, arm.values));
  const taken = asked === undefined ? simplest : set.find(({ source }) => source === asked);
  const arms = set.map(({ values, harmsThem: _harm, ...arm }) => ({
    ...arm,
    ndcg: meanOf(values),
    without: meanOf(without),
  }));
  const shownArm = taken ?? bestOf(set);
  return {
    augmentation: taken && { source: taken.source, count: taken.count, weight: taken.weight },
    arms,
    users: without.length,
    ...usersOf(request),
    because: sentence(shownArm, meanOf(without), without.length, taken !== undefined),
  };
}

function sparseOf(values: Float64Array, without: Float64Array): AugmentationArm['sparse'] {
  const users = values.length;
  return users === 0 ? { users, ndcg: 0, without: 0 } : { users, ndcg: meanOf(values), without: meanOf(without) };
}

/** Why validation speaks against an arm; undefined: it does not. */
function objectionTo({ difference, p, sparse, harmsThem }: SetArm) {
  if (difference <= 0 || p >= LEVEL) return 'not better beyond chance';
  const { users, ndcg, without } = sparse;
  if (!harmsThem) return undefined;
  return `worse for those ${users} among them who have so few by themselves (${ndcg.toFixed(4)} against ${without.toFixed(4)})`;
}

/** How many users have items, and how many so few that something is added. */
function usersOf({ data, validation }: AugmentationRequest) {
  const lengths = validation === undefined ? rowDegrees(data.positives) : lengthsWith(data, validation);
  return { sparseUsers: lengths.filter(isShort).length, trainedUsers: lengths.filter(hasItems).length };
}

/** [U]: how many items each user has in the end, when what validation held out is learned from too. */
function lengthsWith({ positives }: TrainingData, { items, unknownItems }: HeldOut): Uint32Array {
  return rowDegrees(positives).map((known, user) => {
    const more = rowEntries(items, user)[0].filter((item) => !hasEntry(positives, user, item));
    return known + more.length + (unknownItems[user] as number);
  });
}

function hasItems(items: number): boolean {
  return items > 0;
}

function bestOf(arms: readonly SetArm[]): SetArm | undefined {
  return arms.reduce<SetArm | undefined>((a, b) => (a && a.difference >= b.difference ? a : b), undefined);
}

function sentence(arm: SetArm | undefined, without: number, users: number, isTaken: boolean): string {
  if (arm === undefined) return 'short histories stay as they are: no source was asked';
  const gain =
    without > 0 ? `${arm.difference >= 0 ? '+' : ''}${((100 * arm.difference) / without).toFixed(1)} %, ` : '';
  const [low, high] = arm.interval.map((bound) => bound.toFixed(4));
  const figures = `${meanOf(arm.values).toFixed(4)} against ${without.toFixed(4)} (${gain}95 % interval of the difference ${low} to ${high}) for ${users} users with 1, 2, 3 or 5 items known`;
  const what = inWords(arm);
  const objection = objectionTo(arm);
  if (!isTaken) return `short histories stay as they are: with ${what} NDCG@20 is ${figures}, ${objection}`;
  const asked = objection === undefined ? '' : `, which was asked for though it is ${objection}`;
  return `short histories are ranked with ${what}${asked}: NDCG@20 ${figures}`;
}

function inWords({ source, count, weight }: AugmentationChoice): string {
  return source === POPULARITY
    ? `the prior of popularity counted ${1 + weight} times for a single item`
    : `${count} items by ${source} of weight ${weight}`;
}
