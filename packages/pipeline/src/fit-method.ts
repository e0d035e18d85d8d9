import { join } from 'node:path';
import type { Engine } from '@kindred/compute';
import { type HeldOut, KindredError, type UserId } from '@kindred/domain';
import { fitItemWeights, getMethod, type ModelArtefact, type Settings } from '@kindred/models';
import type { SnapshotPart } from '@kindred/pairs';
import {
  type ChosenAugmentation,
  type ChosenShrinkage,
  type ChosenUnion,
  type CurvePoint,
  type Measured,
  measureTraining,
  type ProbeTrial,
  type Progress,
  probeSettings,
  type TrainingRequest,
  type TrainingResult,
  trainModel,
} from '@kindred/training';
import { type Augmented, type AugmentRequest, augmented, decideAugmentation } from './augment-model.js';

export interface FitRequest extends AugmentRequest {
  readonly method: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** What is written of each item, by its id; for methods that read. */
  readonly itemTexts?: ReadonlyMap<string, string> | undefined;
  /** Where an interrupted training finds its state again. */
  readonly checkpointDir?: string | undefined;
}

/** What validation decided. */
export interface ChosenTraining {
  /** Settings of the method: those given, and those that probes chose. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Undefined: the method's whole schedule is run. */
  readonly epochs: number | undefined;
  /** Undefined: there was no validation. */
  readonly validationNdcg: number | undefined;
  /** Of the training that chose the epochs; empty where probes chose the settings. */
  readonly curve: readonly CurvePoint[];
  /** Undefined: the method has no probes, or there was no validation. */
  readonly choices: Choices | undefined;
  /** What helps short histories, and why; undefined: it was not asked. */
  readonly augmentation: ChosenAugmentation | undefined;
  readonly seconds: number;
}

/** What probes chose, and by which figures; as metrics.json and a model's manifest have it. */
export interface Choices {
  /** Values for settings that nobody had set. */
  readonly settings: Settings;
  /** The short trainings in order; the first one has what the rules say. */
  readonly probes: readonly ProbeTrial[];
  /** Which of them is taken, counted from 1. */
  readonly kept: number;
  /** How far short histories are trusted, and why; undefined: it was given. */
  readonly shrinkage: ChosenShrinkage | undefined;
  /** What joins the vectors, and why; undefined: it was not asked. */
  readonly union: ChosenUnion | undefined;
}

/** Choices without the figures they rest on. */
export interface ChoicesInBrief extends Pick<Choices, 'settings'>, Partial<Omit<ChosenUnion, 'candidates'>> {}

export function inBrief({ settings, shrinkage, union }: Choices): ChoicesInBrief {
  const because = reasonsOf({ shrinkage, union });
  return { settings, union: union?.union, ownItemsFirst: union?.ownItemsFirst, because };
}

/** One sentence each. */
function reasonsOf({ shrinkage, union }: Pick<Choices, 'shrinkage' | 'union'>): readonly string[] {
  return [...(shrinkage === undefined ? [] : [shrinkage.because]), ...(union?.because ?? [])];
}

/** Finds on train and validation alone how to train, and, where that is asked for, what helps short histories. */
export async function chooseTraining(part: SnapshotPart, request: FitRequest): Promise<ChosenTraining> {
  const started = performance.now();
  const chosen: ChosenTraining = { ...(await chooseSettings(part, request)), augmentation: undefined };
  const { checkpointDir } = request;
  // The training that chose the epochs may have left a checkpoint of this part.
  const apart = { ...request, checkpointDir: checkpointDir && join(checkpointDir, 'augmentation') };
  const augmentation = await decideAugmentation(part, request, async (data, { users }) => {
    const some = { ...part, data, users: users as readonly UserId[], heldOut: undefined };
    const { artefact } = await refit(some, apart, chosen);
    // Everybody is encoded from their history, as serving does it.
    return { ...artefact, users: undefined };
  });
  return { ...chosen, augmentation, seconds: (performance.now() - started) / 1000 };
}

type ChosenSettings = Omit<ChosenTraining, 'augmentation'>;

/**
 * By short probes of the settings that the method leaves open, or,
 * for a method without probes, by how many epochs rank the validation set best.
 */
async function chooseSettings(part: SnapshotPart, request: FitRequest): Promise<ChosenSettings> {
  const unchosen = {
    settings: request.settings,
    epochs: undefined,
    validationNdcg: undefined,
    curve: [],
    choices: undefined,
  };
  if (part.heldOut === undefined || part.heldOut.items.columns.length === 0) return { ...unchosen, seconds: 0 };
  const method = getMethod(request.method);
  if (method.probing === undefined) return chooseEpochs(part, request, part.heldOut);
  requireContrast(part);
  const { engine, seed, mask, signal, progress } = request;
  let count = 0;
  const outcome = await probeSettings(
    {
      ...{ method, engine, seed, mask, signal },
      settings: request.settings,
      data: part.data,
      items: part.items,
      validation: part.heldOut,
      onTrial: (trial) => progress.say(probeLine(++count, trial)),
      onProgress: epochsTo(progress, 'epochs of training to compare with item-to-item models'),
    },
    method.probing,
  );
  if (outcome === undefined) return { ...unchosen, seconds: 0 };
  const { validationNdcg, settings, trials: probes, kept, shrinkage, union, seconds } = outcome;
  for (const line of reasonsOf(outcome)) progress.say(line);
  const choices = { settings, probes, kept, shrinkage, union };
  return { ...unchosen, settings: { ...request.settings, ...settings }, validationNdcg, choices, seconds };
}

function probeLine(count: number, { settings, serving, ndcg, seconds }: ProbeTrial): string {
  const tried = Object.entries({ ...settings, ...serving }).map(([name, value]) => `${name} ${value}`);
  return `probe ${count}: ${tried.join(', ')}: NDCG@20 ${ndcg.toFixed(4)} on validation in ${seconds.toFixed(1)} s`;
}

async function chooseEpochs(part: SnapshotPart, request: FitRequest, validation: HeldOut): Promise<ChosenSettings> {
  const trained = await train(part, request, 'choosing epochs', { validation });
  const best = trained.curve[trained.bestEpoch - 1];
  return {
    settings: request.settings,
    epochs: best?.validationNdcg === undefined ? undefined : trained.settledEpoch,
    validationNdcg: best?.validationNdcg,
    curve: trained.curve,
    choices: undefined,
    seconds: trained.seconds,
  };
}

/** Trains on all of a part's training events as it was chosen. */
export async function refit(
  part: SnapshotPart,
  request: FitRequest,
  { settings, epochs, choices, augmentation }: ChosenTraining,
): Promise<TrainingResult & Augmented> {
  const trained = await train(part, { ...request, settings }, `epochs of training for ${part.name}`, { epochs });
  const artefact = await joined({ ...trained.artefact, method: request.method }, part, request.engine, choices?.union);
  return { ...trained, ...(await augmented(artefact, part, request, augmentation)) };
}

/** The artefact with the item-to-item model of the part, and own items first, where validation chose them. */
async function joined(
  artefact: ModelArtefact,
  { data }: SnapshotPart,
  engine: Engine,
  chosen: ChosenUnion | undefined,
): Promise<ModelArtefact> {
  if (chosen === undefined) return artefact;
  const { union, ownItemsFirst } = chosen;
  const weights = union && (await fitItemWeights(union.name, {}, data, { matmul: engine.matmul.bind(engine) }));
  return { ...artefact, union: union && weights && { ...union, weights }, ownItemsFirst };
}

/** A learned model is made of differences: what one user has and another has not. */
function requireContrast({ name, users, items, data }: SnapshotPart): void {
  const { length } = data.positives.columns;
  if (length < users.length * items.length) return;
  throw new KindredError(
    'DATA_EMPTY',
    `in part ${name} ${users.length === 1 ? 'the one user has' : `each of the ${users.length} users has`} ${items.length === 1 ? 'the one item' : `all ${items.length} items`}: nothing tells them apart; more events of more users and items are needed`,
  );
}

/** A training on a part, measured on its validation. @throws KindredError DATA_EMPTY when there is none */
export function measureFit(part: SnapshotPart, request: FitRequest, label: string): Promise<Measured> {
  return measureTraining(trainingOf(part, request, label, { validation: part.heldOut }));
}

async function train(part: SnapshotPart, request: FitRequest, label: string, goal: Goal): Promise<TrainingResult> {
  const trained = await trainModel(trainingOf(part, request, label, goal));
  request.signal?.throwIfAborted();
  return trained;
}

interface Goal {
  readonly validation?: HeldOut | undefined;
  readonly epochs?: number | undefined;
}

function trainingOf(part: SnapshotPart, request: FitRequest, label: string, goal: Goal): TrainingRequest {
  requireContrast(part);
  const { checkpointDir, itemTexts, progress } = request;
  return {
    ...goal,
    method: getMethod(request.method),
    settings: request.settings,
    data: part.data,
    vocabulary: { users: part.users, items: part.items },
    itemTexts: itemTexts && part.items.map((id) => itemTexts.get(id)),
    engine: request.engine,
    seed: request.seed,
    mask: request.mask,
    signal: request.signal,
    checkpointDir: checkpointDir === undefined ? undefined : join(checkpointDir, part.name),
    resume: checkpointDir !== undefined,
    onProgress: epochsTo(progress, label),
  };
}

/** Says how many epochs of a training are done. */
export function epochsTo(progress: FitRequest['progress'], label: string): (event: Progress) => void {
  return (event) => {
    if (event.kind === 'epoch') progress.advance(label, event.epoch, event.epochs);
  };
}
