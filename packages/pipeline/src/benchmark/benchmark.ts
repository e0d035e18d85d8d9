import { type Engine, type EngineName, loadEngine } from '@kindred/compute';
import { columnDegrees, hasEntry, KindredError, type Recommender } from '@kindred/domain';
import type { Evaluation, Mask } from '@kindred/evaluation';
import { DEFAULT_METHOD, METHODS } from '@kindred/models';
import { artefactRecommender, type ModelArtefact } from '@kindred/models/artefact';
import {
  buildSnapshotInMemory,
  type PairSettingsInput,
  resolvePairSettings,
  type SnapshotInMemory,
  type SnapshotPart,
} from '@kindred/pairs';
import type { ChosenAugmentation, CurvePoint, SearchPlan, SearchResult } from '@kindred/training';
import { checkAugment, NO_AUGMENTATION } from '../augment-model.js';
import { type Choices, chooseTraining, refit } from '../fit-method.js';
import type { Progress } from '../progress.js';
import { BASELINE_NAMES, fitBaseline, isFeasible, rank } from '../rank-models.js';
import { reportGenerator } from '../report-curve.js';
import { sampleSheets, type TitlesOf } from '../sample-sheets.js';
import { embeddingsOf, representationOf } from './artefact-vectors.js';
import {
  makeOutputFolder,
  removeEarlierResults,
  writeEmbeddings,
  writeRecommendations,
  writeTestPairs,
  writeVocabularies,
} from './benchmark-files.js';
import { type BenchmarkItems, checkCatalogue, readBenchmarkItems } from './benchmark-items.js';
import {
  type BenchmarkedMethod,
  type BenchmarkReport,
  type RankedMethod,
  rounded,
  writeReport,
} from './benchmark-report.js';
import { type Everyone, everyoneIn } from './everyone.js';
import { checkMethods, settingsOfMethods } from './method-settings.js';
import { checkSearches, searchMethods } from './search-methods.js';
import { readTableEvents } from './table-events.js';

/** Where the data come from: a split that somebody made, or one file to be split here. */
export type BenchmarkSource =
  | { readonly train: string; readonly test: string; readonly valid?: string | undefined }
  | { readonly data: string };

export interface BenchmarkRequest {
  readonly source: BenchmarkSource;
  /** A catalogue: TSV or CSV with item_id and columns of text, for methods that read, and categories for the probe. */
  readonly items?: string | undefined;
  readonly pair: PairSettingsInput;
  /** Learned methods and baselines by name; none: the default method and `BASELINE_NAMES`. */
  readonly methods: readonly string[];
  readonly settings: Readonly<Record<string, unknown>>;
  readonly engine: 'auto' | EngineName;
  readonly threads?: number | undefined;
  readonly seed: number;
  /** Learned methods are trained with this many seeds in a row. */
  readonly seeds: number;
  /** Look for better settings of the methods named (none: of the default one), once, with the first seed. */
  readonly search?: SearchPlan | undefined;
  /** What joins the history of users with few items, for learned methods: `auto`, `off` or a source. Default `off`. */
  readonly augment?: string | undefined;
  readonly mask: Mask;
  readonly out: string;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

interface Setting {
  readonly request: BenchmarkRequest;
  /** What each method is given. */
  readonly settings: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  /** How the settings of a method were found, where they were searched. */
  readonly searches: ReadonlyMap<string, SearchResult>;
  readonly engine: Engine;
  readonly snapshot: SnapshotInMemory;
  readonly part: SnapshotPart;
  readonly everyone: Everyone;
  readonly itemPopularity: Uint32Array;
  /** What the catalogue says; undefined where none was given. */
  readonly items: BenchmarkItems | undefined;
}

interface Fitted {
  readonly recommender: Recommender;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly artefact: ModelArtefact | undefined;
  readonly curve: readonly CurvePoint[];
  readonly generatorCurve?: readonly CurvePoint[] | undefined;
  readonly choices?: Choices | undefined;
  readonly augmentation?: ChosenAugmentation | undefined;
  readonly trainSeconds: number;
}

function checkAugmented(augment: string | undefined, asked: readonly string[]): void {
  if (augment === undefined || augment === NO_AUGMENTATION) return;
  const learned = asked.filter((name) => Object.hasOwn(METHODS, name));
  for (const name of learned) checkAugment(augment, name);
  if (learned.length > 0) return;
  throw new KindredError('CONFIG_INVALID', `settings.augment is for learned methods, and ${asked.join(', ')} is none`, {
    field: 'settings.augment',
  });
}

/**
 * All offline: reads the files, trains with validation carved out of train (its last part where there are times), refits on
 * train and validation, ranks the whole catalogue for every test user and writes metrics.json, recommendations,
 * embeddings, test.tsv.gz and report.html. The test is read for the final numbers only.
 */
export async function benchmark(request: BenchmarkRequest): Promise<BenchmarkReport> {
  checkMethods(request.methods);
  const asked = request.methods.length > 0 ? request.methods : [DEFAULT_METHOD, ...BASELINE_NAMES];
  checkAugmented(request.augment, asked);
  const askedSettings = settingsOfMethods(asked, request.settings);
  if (request.search !== undefined) checkSearches(searchedNames(request, asked), askedSettings, request.search);
  resolvePairSettings(request.pair);
  await makeOutputFolder(request.out);
  const items = request.items === undefined ? undefined : await readBenchmarkItems(request.items);
  const snapshot = await snapshotOf(request);
  const part = await snapshot.part('evaluate');
  if (items !== undefined) checkCatalogue(items, part.items);
  if (part.heldOut === undefined) throw new KindredError('SPLIT_INVALID', 'the split left nothing to test on');
  const everyone = everyoneIn(part, part.heldOut, request.mask);
  if (everyone.cohort.histories.rowCount === 0) {
    const masked = request.mask === 'seen' ? ' that is not masked as seen; --include-seen does not mask' : '';
    throw new KindredError('DATA_EMPTY', `no user of the test part has anything to find${masked}`);
  }
  const { progress } = request;
  progress.say(
    `${part.users.length} users, ${part.items.length} items, ${part.data.positives.columns.length} train pairs; ${everyone.cohort.histories.rowCount} test users`,
  );
  const engine = await loadEngine(request.engine, request.threads === undefined ? {} : { threads: request.threads });
  try {
    const itemPopularity = columnDegrees(part.data.positives);
    const names = methodNames(request, part);
    const given = settingsOfMethods(names, request.settings);
    const searches = await searchMethods(
      { ...request, settings: given, engine, snapshot },
      searchedNames(request, names),
    );
    const settings = new Map([...given].map(([name, own]) => [name, searches.get(name)?.settings ?? own]));
    const setting: Setting = { request, settings, searches, engine, snapshot, part, everyone, itemPopularity, items };
    await removeEarlierResults(request.out);
    await writeVocabularies(request.out, everyone.ids, part.items);
    await writeTestPairs(request.out, pairsToFind(setting));
    const ranked: RankedMethod[] = [];
    for (const [name, seed] of plan(names, request)) ranked.push(await runMethod(setting, name, seed));
    const { out, mask, source } = request;
    const split = { splitKind: snapshot.summary.split.kind, splitGiven: 'train' in source };
    return await writeReport({ ...split, out, mask, part, everyone, progress, seed: request.seed }, ranked);
  } finally {
    await engine.dispose();
  }
}

async function snapshotOf({ source, pair, progress }: BenchmarkRequest): Promise<SnapshotInMemory> {
  if ('data' in source) {
    progress.say(`reading ${source.data}`);
    return buildSnapshotInMemory(await readTableEvents(source.data), pair);
  }
  progress.say(`reading ${source.train} and ${source.test}`);
  const train = await readTableEvents(source.train);
  const test = await readTableEvents(source.test);
  const validation = source.valid === undefined ? undefined : await readTableEvents(source.valid);
  return buildSnapshotInMemory({ train, test, ...(validation === undefined ? {} : { validation }) }, pair);
}

/** The held-out pairs, without those that are masked as seen: nobody can find them. */
function pairsToFind({ request, snapshot, part }: Setting): (readonly [string, string])[] {
  const held = snapshot.heldOutIds('evaluate');
  if (request.mask === 'none') return [...held];
  const users = new Map(part.users.map((id, row): [string, number] => [id, row]));
  const items = new Map(part.items.map((id, column): [string, number] => [id, column]));
  return held.filter(([userId, itemId]) => {
    const row = users.get(userId);
    const column = items.get(itemId);
    return row === undefined || column === undefined || !hasEntry(part.data.positives, row, column);
  });
}

/** The methods asked for, else the default one and those of `BASELINE_NAMES` that the catalogue is not too large for. */
function methodNames({ methods, progress }: BenchmarkRequest, part: SnapshotPart): readonly string[] {
  if (methods.length > 0) return [...new Set(methods)];
  const feasible = BASELINE_NAMES.filter((name) => {
    const fits = isFeasible(name, part.data);
    if (!fits) progress.say(`${name} is left out: too many items for it`);
    return fits;
  });
  return [DEFAULT_METHOD, ...feasible];
}

/** Whoever names a baseline wants it tuned like the rest; those that stand beside the default method keep their settings. */
function searchedNames({ methods }: BenchmarkRequest, names: readonly string[]): readonly string[] {
  return methods.length > 0 ? names : [DEFAULT_METHOD];
}

/** Which methods run with which seeds; baselines run once, for most draw nothing at random. */
function plan(names: readonly string[], { seed, seeds }: BenchmarkRequest): [name: string, seed: number][] {
  return names.flatMap((name): [string, number][] => {
    const runs = Object.hasOwn(METHODS, name) ? seeds : 1;
    return Array.from({ length: runs }, (_, k) => [name, seed + k]);
  });
}

async function runMethod(setting: Setting, name: string, seed: number): Promise<RankedMethod> {
  const { request, engine, part, everyone, itemPopularity, items } = setting;
  const started = performance.now();
  const fitted = Object.hasOwn(METHODS, name)
    ? await fitLearned(setting, name, seed)
    : await fitPlain(setting, name, seed);
  const { mask, signal, progress } = request;
  const vectors = fitted.artefact && embeddingsOf(fitted.artefact, part, everyone);
  const evaluation = await rank(fitted.recommender, everyone.cohort, { mask, itemPopularity, seed, signal });
  const isShown = seed === request.seed;
  if (isShown) {
    await writeRecommendations(request.out, evaluation, everyone.ids, part.items);
    if (vectors !== undefined) await writeEmbeddings(request.out, name, vectors);
  }
  const total = (performance.now() - started) / 1000;
  progress.say(`${name} (seed ${seed}): NDCG@20 ${evaluation.metrics['ndcg@20']?.toFixed(4)} in ${total.toFixed(1)} s`);
  const method: BenchmarkedMethod = {
    name,
    settings: fitted.settings,
    search: setting.searches.get(name),
    choices: fitted.choices,
    augmentation: fitted.augmentation,
    engine: engine.description,
    seed,
    seconds: { train: rounded(fitted.trainSeconds), total: rounded(total) },
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    metrics: { ...evaluation.metrics, ...evaluation.beyond },
    intervals: evaluation.intervals,
    buckets: [...userKinds(everyone, evaluation), ...evaluation.buckets],
    representation: vectors && (await representationOf(vectors, part, items?.categories, seed)),
    curve: fitted.curve,
  };
  const { artefact, generatorCurve = [] } = fitted;
  if (!isShown || artefact === undefined) return { method, evaluation, samples: [], generator: undefined };
  const titlesOf: TitlesOf = async () => items?.titles ?? new Map();
  const samples = await sampleSheets(artefact, part, titlesOf);
  const generator = await reportGenerator(artefact, generatorCurve, part, titlesOf);
  return { method, evaluation, samples, generator };
}

async function fitLearned(setting: Setting, method: string, seed: number): Promise<Fitted> {
  const { request, engine, snapshot, part, items } = setting;
  const { mask, progress, signal, augment } = request;
  const started = performance.now();
  const settings = setting.settings.get(method) ?? {};
  const fit = { method, settings, engine, seed, itemTexts: items?.texts, augment, mask, progress, signal };
  const chosen = await chooseTraining(await snapshot.part('select'), fit);
  const trained = await refit(part, fit, chosen);
  // Users with a vector of their own could be joined by nothing.
  const artefact = trained.artefact.augmentation ? { ...trained.artefact, users: undefined } : trained.artefact;
  return {
    recommender: artefactRecommender(artefact, { matmul: engine.matmul.bind(engine) }),
    settings: { ...artefact.settings, epochsRun: trained.epochsRun },
    artefact,
    curve: chosen.curve.length > 0 ? chosen.curve : trained.curve,
    generatorCurve: trained.generatorCurve,
    choices: chosen.choices,
    augmentation: chosen.augmentation,
    trainSeconds: (performance.now() - started) / 1000,
  };
}

async function fitPlain(setting: Setting, name: string, seed: number): Promise<Fitted> {
  const { engine, part } = setting;
  const { seconds, ...fitted } = await fitBaseline(name, setting.settings.get(name) ?? {}, part.data, seed, engine);
  return { ...fitted, artefact: undefined, curve: [], trainSeconds: seconds };
}

/** Metrics of the users whom training knows, and of the new ones. */
function userKinds(everyone: Everyone, evaluation: Evaluation): object[] {
  const isKnown = [...evaluation.userRows].map((row) => row < everyone.knownUsers);
  return [true, false].flatMap((known) => {
    const rows = isKnown.flatMap((value, row) => (value === known ? [row] : []));
    if (rows.length === 0) return [];
    const means = Object.entries(evaluation.perUser).map(([metric, values]) => [
      metric,
      rows.reduce((sum, row) => sum + (values[row] as number), 0) / rows.length,
    ]);
    const name = known ? 'users with a history' : 'new users';
    return [{ by: 'history', name, users: rows.length, metrics: Object.fromEntries(means) }];
  });
}
