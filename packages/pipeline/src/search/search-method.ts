import { createHash } from 'node:crypto';
import { KindredError } from '@kindred/domain';
import { createBaseline, getBaseline, getMethod, METHODS, resolveSettings, type Settings } from '@kindred/models';
import type { SnapshotPart } from '@kindred/pairs';
import {
  type Evaluate,
  hashTrainingData,
  hashValidation,
  type Measured,
  measureFitting,
  type Outcome,
  type Searched,
  type SearchPlan,
  type SearchResult,
  searchSettings,
  type Trial,
} from '@kindred/training';
import { type FitRequest, measureFit } from '../fit-method.js';
import type { Progress } from '../progress.js';
import type { TrialLog } from './trial-log.js';

/** Does the training of a trial with its settings complete, and keeps a record of it. */
export type RecordTrial = (
  settings: Settings,
  train: (signal: AbortSignal | undefined) => Promise<Measured>,
) => Promise<Measured>;

/** A search over the settings of a learned method or a baseline. */
export interface MethodSearch {
  /** `settings` are what stays as it is. */
  readonly fit: FitRequest;
  readonly plan: SearchPlan;
  /** What was measured in it is not trained again. */
  readonly log: TrialLog;
  readonly record: RecordTrial;
}

/** What has the settings: a learned method or a baseline. @throws KindredError METHOD_UNKNOWN */
export function getSearched(name: string): Searched {
  return Object.hasOwn(METHODS, name) ? getMethod(name) : getBaseline(name);
}

/**
 * Searches the settings of a method on the validation of a part. A trial whose training degenerates is one of the
 * outcomes, not the end of the search.
 * @throws KindredError CONFIG_INVALID when the method declares nothing to search; DATA_EMPTY without validation
 */
export async function searchMethod(part: SnapshotPart, search: MethodSearch): Promise<SearchResult> {
  const { fit, plan, log, record } = search;
  const method = getSearched(fit.method);
  const keyOf = trialKeys(part, fit);
  const evaluate: Evaluate = async (trial, epochs) => {
    const settings = epochs === undefined ? trial.settings : { ...trial.settings, epochs };
    const key = keyOf(resolveSettings(method.settings, settings));
    const known = log.find(key);
    const outcome =
      known ?? (await outcomeOf(record(settings, (signal) => measure(part, search, trial, settings, signal))));
    if (known === undefined) await log.add(key, outcome);
    sayOutcome(fit.progress, trial, plan, outcome, known !== undefined);
    return outcome;
  };
  const result = await searchSettings(method, givenSettings(method, fit.settings), plan, evaluate);
  fit.progress.say(result.verdict);
  return result;
}

/** What the outcome of a trial depends on, as one hash. */
function trialKeys(part: SnapshotPart, { method, engine, seed, mask }: FitRequest): (settings: Settings) => string {
  const data = hashTrainingData(part.data);
  const validation = hashValidation({ validation: part.heldOut, mask });
  return (settings) => {
    const identity = { method, settings, seed, engine: engine.name, data, validation };
    return createHash('sha256').update(JSON.stringify(identity)).digest('hex');
  };
}

function measure(
  part: SnapshotPart,
  { fit, plan }: MethodSearch,
  { number }: Trial,
  settings: Settings,
  signal: AbortSignal | undefined = fit.signal,
): Promise<Measured> {
  if (!Object.hasOwn(METHODS, fit.method)) return measureBaseline(part, fit, settings, signal);
  // A trial is measured whole or not at all: the checkpoints of the run are for the training that is kept.
  const request = { ...fit, settings, signal, checkpointDir: undefined };
  return measureFit(part, request, `trial ${number} of ${plan.trials}`);
}

function measureBaseline(
  { data, heldOut }: SnapshotPart,
  { method, engine, seed, mask }: FitRequest,
  settings: Settings,
  signal: AbortSignal | undefined,
): Promise<Measured> {
  const factory = createBaseline(method, settings, { matmul: engine.matmul.bind(engine) });
  return measureFitting(factory, { data, validation: heldOut, engine, seed, mask, signal });
}

async function outcomeOf(measured: Promise<Measured>): Promise<Outcome> {
  try {
    return await measured;
  } catch (error) {
    if (error instanceof KindredError && error.code === 'TRAINING_DEGENERATE') return { refused: error.message };
    throw error;
  }
}

function sayOutcome(progress: Progress, trial: Trial, plan: SearchPlan, outcome: Outcome, known: boolean): void {
  const values = Object.entries(trial.settings).map(([name, value]) => `${name} ${value}`);
  const name = `trial ${trial.number} of ${plan.trials} (${trial.number === 1 ? 'the defaults' : values.join(', ')})`;
  const figures =
    'refused' in outcome
      ? `no model: ${outcome.refused}`
      : `NDCG@20 ${outcome.ndcg.toFixed(4)} ± ${outcome.error.toFixed(4)} ${outcome.epochs === undefined ? '' : `with ${outcome.epochs} epochs `}in ${outcome.seconds.toFixed(1)} s`;
  progress.say(`${name}: ${figures}${known ? ', measured before' : ''}`);
}

/** The values that stay as they are, as the method reads them. */
function givenSettings({ settings: declared }: Searched, given: FitRequest['settings']): Settings {
  const resolved = resolveSettings(declared, given);
  return Object.fromEntries(Object.entries(resolved).filter(([name]) => Object.hasOwn(given, name)));
}
