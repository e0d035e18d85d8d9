import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Engine } from '@kindred/compute';
import { type HeldOut, KindredError, type TrainingData } from '@kindred/domain';
import type { Mask } from '@kindred/evaluation';
import {
  checkMeaning,
  getMethod,
  type HistoryCritic,
  type LearnedMethod,
  type MethodRun,
  type ModelArtefact,
  resolveSettings,
  type Vocabulary,
} from '@kindred/models';
import { type CheckpointFiles, openCheckpoints } from './checkpoint.js';
import { inspectGeneration } from './generation-guard.js';
import { inspectTables } from './guards.js';
import type { CurvePoint, Progress } from './progress.js';
import { isValidationDue, planValidation } from './validation-plan.js';
import { createValidator, type Validator } from './validator.js';

export interface TrainingRequest {
  /** A learned method, or its name. */
  readonly method: string | LearnedMethod;
  /** Settings of the method by name; the others keep their defaults. */
  readonly settings?: Readonly<Record<string, unknown>> | undefined;
  readonly data: TrainingData;
  /** The ids behind the positions of `data`, for the artefact. */
  readonly vocabulary: Vocabulary;
  /** [I]: what is written of each item, in the order of the vocabulary; for methods that read. */
  readonly itemTexts?: readonly (string | undefined)[] | undefined;
  /** Held-out items on which the best epoch is chosen; absent: the last epoch is kept. */
  readonly validation?: HeldOut | undefined;
  /** Whether validation leaves out what the user already has in train. Default `seen`. */
  readonly mask?: Mask | undefined;
  readonly engine: Engine;
  readonly seed: number;
  /**
   * Stop after so many epochs of the method's schedule (a refit to a known best epoch); all of it where it is shorter:
   * a rule of the method may plan fewer epochs for the refit's larger data. Default: all of them.
   */
  readonly epochs?: number | undefined;
  /** Stop when every validation was clearly worse than the best for so many epochs in a row; 0: never. Default 10. */
  readonly patience?: number | undefined;
  /**
   * Users that validation ranks for, drawn once: the more, the further apart its epochs. Default 2,000, or fewer where
   * `planValidation` says so.
   */
  readonly validationUsers?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Where the state is kept after every epoch. Absent: nowhere. */
  readonly checkpointDir?: string | undefined;
  /** Go on from the checkpoint in `checkpointDir` where there is one. */
  readonly resume?: boolean | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

export interface TrainingResult {
  /** The best epoch's model. */
  readonly artefact: ModelArtefact;
  /** What a generator was trained against, as of the last epoch; undefined: the method has nothing of the kind. */
  readonly critic?: HistoryCritic | undefined;
  readonly curve: readonly CurvePoint[];
  /** Counted from 1. */
  readonly bestEpoch: number;
  /** How long a training on more data should run: see `settledEpochOf`. */
  readonly settledEpoch: number;
  readonly epochsRun: number;
  /** How many epochs the schedule was laid out for. */
  readonly plannedEpochs: number;
  /** Over all parts of an interrupted training. */
  readonly seconds: number;
  /** `completed`: all epochs; `early`: validation went down; `aborted`: by the signal. */
  readonly stopped: 'completed' | 'early' | 'aborted';
}

/** What the loop knows between two epochs, beside the state of the method. */
interface Standing {
  curve: CurvePoint[];
  best: ModelArtefact | undefined;
  bestEpoch: number;
  /** Of earlier parts of this training. */
  secondsBefore: number;
}

/** What validates, and when it is due. */
interface DueValidation {
  readonly validator: Validator;
  /** In epochs. */
  readonly interval: number;
  readonly lastEpoch: number;
}

const DEFAULT_PATIENCE = 10;
/** Early stopping wants to see a fall so often; once may be chance. */
const SEEN_WORSE = 2;
/** Standard errors below the best: from which on an epoch is not as good, and from which on it is beyond doubt worse. */
const AS_GOOD_WITHIN = 1;
const WORSE_BEYOND = 2;

/**
 * The one loop for every learned method: epochs of steps, each followed by guards, validation where it is due (see
 * `planValidation`), keeping the best and a checkpoint. Gives the event loop a turn after every step. The same data,
 * settings, seed and engine give the same artefact to the last byte, interrupted and resumed or not.
 * @throws KindredError METHOD_UNKNOWN, SETTING_UNKNOWN, CONFIG_INVALID, DATA_EMPTY before any work;
 *   TRAINING_DEGENERATE with what was seen; CHECKPOINT_CORRUPT when the checkpoint belongs to another training;
 *   INTERRUPTED when the signal came before the first epoch was done
 */
export async function trainModel(request: TrainingRequest): Promise<TrainingResult> {
  const started = performance.now();
  const { data, itemTexts, engine, seed } = request;
  const method = typeof request.method === 'string' ? getMethod(request.method) : request.method;
  const settings = resolveSettings(method.settings, request.settings ?? {});
  checkMeaning(method.settings, settings);
  checkVocabulary(request);
  const run = await method.prepare({ data, itemTexts, settings, engine, seed });
  const epochs = readEpochs(request.epochs, run.plannedEpochs);
  const plan = prepareValidation(request, run, epochs);
  const checkpoints = await openCheckpoints(request, method.name, run.settings);
  const standing = await startOrResume(request, run, checkpoints);
  const secondsSoFar = () => standing.secondsBefore + (performance.now() - started) / 1000;

  let stopped: TrainingResult['stopped'] = 'completed';
  while (standing.curve.length < epochs) {
    if (isStale(standing, request.patience, plan)) {
      stopped = 'early';
      break;
    }
    const loss = await runEpoch(run, standing.curve.length + 1, request);
    if (loss === undefined) {
      stopped = 'aborted';
      break;
    }
    const isBest = await closeEpoch(request, run, plan, standing, loss, secondsSoFar);
    await checkpoints?.save({ run, ...standing, isBest, seconds: secondsSoFar() });
  }
  const { best, curve, bestEpoch } = standing;
  if (best === undefined) throw new KindredError('INTERRUPTED', 'training was stopped before its first epoch was done');
  const settledEpoch = settledEpochOf(curve, bestEpoch);
  const { plannedEpochs } = run;
  const [epochsRun, seconds] = [curve.length, secondsSoFar()];
  const critic = run.critic?.();
  return { artefact: best, critic, curve, bestEpoch, settledEpoch, epochsRun, plannedEpochs, seconds, stopped };
}

/** @returns the mean loss, or undefined when the signal came */
async function runEpoch(run: MethodRun, epoch: number, request: TrainingRequest): Promise<number | undefined> {
  let total = 0;
  for (let step = 0; step < run.stepsPerEpoch; step++) {
    if (request.signal?.aborted) return undefined;
    const loss = await run.step();
    if (!Number.isFinite(loss)) {
      throw new KindredError('TRAINING_DEGENERATE', `the loss became ${loss} in step ${step + 1} of epoch ${epoch}`);
    }
    total += loss;
    request.onProgress?.({ kind: 'step', epoch, step: step + 1, steps: run.stepsPerEpoch, loss });
    await nextTurn();
  }
  return total / run.stepsPerEpoch;
}

function prepareValidation(request: TrainingRequest, run: MethodRun, lastEpoch: number): DueValidation | undefined {
  const all = createValidator(request);
  if (all === undefined) return undefined;
  const { rowCount: users, columnCount: items, columns } = request.data.positives;
  const plan = planValidation({
    users,
    items,
    pairs: columns.length,
    width: Math.max(...run.tables.map(({ width }) => width)),
    stepsPerEpoch: run.stepsPerEpoch,
    plannedEpochs: run.plannedEpochs,
    validationUsers: all.users,
  });
  const isEnough = request.validationUsers !== undefined || plan.users === all.users;
  const part = isEnough ? undefined : createValidator({ ...request, validationUsers: plan.users });
  return { validator: part ?? all, interval: plan.interval, lastEpoch };
}

/** Guards, validation, best. @returns whether this epoch is the best so far */
async function closeEpoch(
  request: TrainingRequest,
  run: MethodRun,
  plan: DueValidation | undefined,
  standing: Standing,
  loss: number,
  seconds: () => number,
): Promise<boolean> {
  const epoch = standing.curve.length + 1;
  // Rows that wait for their momentum catch up after every epoch: else the bytes would depend on who looks at them when.
  run.save();
  const health = inspectTables(run.tables, epoch);
  let validation: Awaited<ReturnType<Validator['measure']>> | undefined;
  let isBest = false;
  const isDue = plan === undefined || isValidationDue(epoch, plan.interval, plan.lastEpoch);
  const candidate = isDue || run.generation !== undefined ? run.artefact(request.vocabulary) : undefined;
  const generation = candidate && (await run.generation?.(candidate));
  if (isDue && candidate !== undefined) {
    validation = await plan?.validator.measure(candidate);
    isBest = validation === undefined || validation.ndcg > bestNdcg(standing);
    if (isBest) {
      standing.best = candidate;
      standing.bestEpoch = epoch;
    }
  }
  const point: CurvePoint = {
    epoch,
    loss,
    validationNdcg: validation?.ndcg,
    validationError: validation?.error,
    ...health,
    ...(generation && { generation }),
    seconds: seconds(),
  };
  standing.curve.push(point);
  inspectGeneration(standing.curve);
  request.onProgress?.({ kind: 'epoch', epochs: readEpochs(request.epochs, run.plannedEpochs), isBest, ...point });
  return isBest;
}

async function startOrResume(
  request: TrainingRequest,
  run: MethodRun,
  checkpoints: CheckpointFiles | undefined,
): Promise<Standing> {
  const found = request.resume ? await checkpoints?.find() : undefined;
  if (found === undefined) return { curve: [], best: undefined, bestEpoch: 0, secondsBefore: 0 };
  run.restore(found.saved);
  return { curve: [...found.curve], best: found.best, bestEpoch: found.bestEpoch, secondsBefore: found.seconds };
}

function bestNdcg({ curve, bestEpoch }: Standing): number {
  return curve[bestEpoch - 1]?.validationNdcg ?? Number.NEGATIVE_INFINITY;
}

/**
 * The latest epoch that is no worse than the best by more than one standard error (the rule of Breiman et al., 1984).
 * The schedule of the learning rate is laid out to its end, so a shorter training has to be clearly better to be
 * preferred: on few validation users the best epoch alone is a matter of luck.
 */
function settledEpochOf(curve: readonly CurvePoint[], bestEpoch: number): number {
  const best = curve[bestEpoch - 1];
  return curve.findLast((point) => isValidated(point) && !isWorse(point, best, AS_GOOD_WITHIN))?.epoch ?? bestEpoch;
}

/**
 * Validation went down beyond doubt and stays down. A plateau or a dip is no reason to stop: the learning rate still
 * falls, and what a large rate has shaken comes right when it is small.
 */
function isStale({ curve, bestEpoch }: Standing, patience = DEFAULT_PATIENCE, plan: DueValidation | undefined) {
  if (plan === undefined || patience <= 0 || curve.length - bestEpoch < patience) return false;
  // Where validations are far apart, so many of them are older than the patience.
  const fewest = Math.min(SEEN_WORSE, patience);
  const since = curve.slice(bestEpoch).filter(isValidated);
  if (since.length < fewest) return false;
  const recent = curve.slice(-patience).filter(isValidated).length;
  return since.slice(-Math.max(fewest, recent)).every((point) => isWorse(point, curve[bestEpoch - 1], WORSE_BEYOND));
}

function isValidated({ validationNdcg }: CurvePoint): boolean {
  return validationNdcg !== undefined;
}

function isWorse(point: CurvePoint, best: CurvePoint | undefined, standardErrors: number): boolean {
  if (point.validationNdcg === undefined || best?.validationNdcg === undefined) return false;
  return point.validationNdcg < best.validationNdcg - standardErrors * (best.validationError ?? 0);
}

function readEpochs(asked: number | undefined, planned: number): number {
  if (asked === undefined) return planned;
  if (Number.isInteger(asked) && asked >= 1) return Math.min(asked, planned);
  throw new KindredError('CONFIG_INVALID', `epochs is ${asked}; it must be a whole number from 1 up`, {
    field: 'epochs',
  });
}

function checkVocabulary({ data, vocabulary, itemTexts }: TrainingRequest): void {
  const { rowCount, columnCount } = data.positives;
  const { users, items } = vocabulary;
  if (itemTexts !== undefined && itemTexts.length !== columnCount) {
    throw new KindredError('CONFIG_INVALID', `${itemTexts.length} item texts for ${columnCount} items`, {
      field: 'itemTexts',
    });
  }
  if (users.length === rowCount && items.length === columnCount) return;
  const given = `${users.length} user and ${items.length} item ids`;
  throw new KindredError('CONFIG_INVALID', `${given} for ${rowCount} users and ${columnCount} items`, {
    field: 'vocabulary',
  });
}
