import { KindredError } from '@kindred/domain';
import { resolveSettings, type SettingDeclaration, type Settings } from '@kindred/models';
import { chooseTrial, type Finalist } from './choose-trial.js';
import { drawTrials, searchedSettings } from './draw-trials.js';
import { halvingSchedule } from './halving-schedule.js';
import type { Evaluate, Measured, Outcome, Trial } from './trial.js';

export const SEARCH_KINDS = ['random', 'halving'] as const;
export type SearchKind = (typeof SEARCH_KINDS)[number];

/** How long to look, and where to begin. */
export interface SearchPlan {
  /** The defaults counted. */
  readonly trials: number;
  readonly kind: SearchKind;
  readonly seed: number;
}

/** What is searched: a learned method, or anything else with declared settings. */
export interface Searched {
  readonly name: string;
  readonly settings: readonly SettingDeclaration[];
}

/** One training of a search. */
interface TrialRow {
  readonly trial: number;
  /** Of the searched settings. */
  readonly settings: Settings;
  /** What the schedule was laid out for; absent where no model came of it, and where nothing is done in epochs. */
  readonly epochs?: number | undefined;
  readonly validationNdcg?: number | undefined;
  readonly validationError?: number | undefined;
  readonly seconds?: number | undefined;
  /** Why no model came of it. */
  readonly refused?: string | undefined;
}

export interface SearchResult extends SearchPlan {
  /** The settings that were varied. */
  readonly searched: readonly string[];
  /** Every training in order; with halving a trial may stand there several times. */
  readonly rows: readonly TrialRow[];
  /** Number of the trial that is kept; 1: the defaults. */
  readonly kept: number;
  /** Its settings, to be put over the defaults of the method. */
  readonly settings: Settings;
  /** Why, as one sentence. */
  readonly verdict: string;
  /** Of all trainings together. */
  readonly seconds: number;
}

/** The setting that halving divides. */
const BUDGET = 'epochs';

/** Whether halving has anything to divide. */
export function hasEpochs({ settings }: Pick<Searched, 'settings'>): boolean {
  return settings.some(({ name }) => name === BUDGET);
}

/**
 * Whether there is something to search, before any work.
 * @param given values that stay as they are
 * @throws KindredError CONFIG_INVALID; what `resolveSettings` throws of the given values
 */
export function checkSearch(
  { name, settings }: Searched,
  given: Readonly<Record<string, unknown>>,
  kind: SearchKind,
): void {
  resolveSettings(settings, given);
  const field = 'search';
  const spaces = searchedSettings(settings, {}).map((declaration) => declaration.name);
  if (spaces.length === 0) {
    throw new KindredError('CONFIG_INVALID', `${name} declares no setting to search; train it without a search`, {
      field,
    });
  }
  if (kind === 'halving' && !hasEpochs({ settings })) {
    throw new KindredError('CONFIG_INVALID', `${name} has no epochs for halving to divide; random searches it`, {
      field,
    });
  }
  if (variedSettings({ name, settings }, given, kind).length > 0) return;
  throw new KindredError('CONFIG_INVALID', `nothing is left to search of ${name}: ${spaces.join(', ')} are given`, {
    field,
  });
}

/**
 * Looks for better settings on validation alone. The first trial is what would be trained without a search; another
 * one is kept only where it is better by more than chance (`chooseTrial`). The same request and the same outcomes of
 * `evaluate` lead to the same trials in the same order, so a search that was interrupted goes on where `evaluate`
 * remembers what it has measured.
 * @throws KindredError CONFIG_INVALID when there is nothing to search; TRAINING_DEGENERATE when the first trial is
 *   refused; what `evaluate` throws
 */
export async function searchSettings(
  target: Searched,
  given: Settings,
  plan: SearchPlan,
  evaluate: Evaluate,
): Promise<SearchResult> {
  checkSearch(target, given, plan.kind);
  const varied = variedSettings(target, given, plan.kind);
  const [first, ...others] = drawTrials(varied, given, plan.trials, plan.seed) as [Trial, ...Trial[]];
  const names = varied.map(({ name }) => name);
  const rows: TrialRow[] = [];
  const recorded: Evaluate = async (trial, epochs) => {
    const outcome = await evaluate(trial, epochs);
    rows.push(rowOf(trial, names, outcome));
    return outcome;
  };
  const measured = await recorded(first, undefined);
  if ('refused' in measured) throw new KindredError('TRAINING_DEGENERATE', `the first trial: ${measured.refused}`);
  const finalists =
    plan.kind === 'random' || measured.epochs === undefined
      ? await round(others, undefined, recorded)
      : await halve(others, measured.epochs, recorded);
  const { kept, verdict } = chooseTrial({ trial: first, measured }, finalists, others.length);
  return {
    ...plan,
    searched: names,
    rows,
    kept: kept.trial.number,
    settings: kept.trial.settings,
    verdict:
      others.length < plan.trials - 1 ? `${verdict}; the space has no more than ${others.length} others` : verdict,
    seconds: Number(rows.reduce((sum, { seconds = 0 }) => sum + seconds, 0).toFixed(3)),
  };
}

function variedSettings(
  { settings }: Searched,
  given: Readonly<Record<string, unknown>>,
  kind: SearchKind,
): readonly SettingDeclaration[] {
  return searchedSettings(settings, given).filter(({ name }) => kind === 'random' || name !== BUDGET);
}

/** Round after round; the best go on, the earlier trial where two are equal. */
async function halve(trials: readonly Trial[], wholeEpochs: number, evaluate: Evaluate): Promise<readonly Finalist[]> {
  let left = trials;
  let survivors: readonly Finalist[] = [];
  for (const { trials: places, epochs } of halvingSchedule(trials.length, wholeEpochs)) {
    left = left.slice(0, places);
    survivors = await round(left, epochs === wholeEpochs ? undefined : epochs, evaluate);
    left = [...survivors].sort((a, b) => b.measured.ndcg - a.measured.ndcg).map(({ trial }) => trial);
  }
  return survivors;
}

/** @returns the trials of which a model came */
async function round(
  trials: readonly Trial[],
  epochs: number | undefined,
  evaluate: Evaluate,
): Promise<readonly Finalist[]> {
  const finalists: Finalist[] = [];
  for (const trial of trials) {
    const measured = await evaluate(trial, epochs);
    if (!('refused' in measured)) finalists.push({ trial, measured });
  }
  return finalists;
}

function rowOf({ number, settings }: Trial, names: readonly string[], outcome: Outcome): TrialRow {
  const shown = Object.fromEntries(Object.entries(settings).filter(([name]) => names.includes(name)));
  const row = { trial: number, settings: shown };
  return 'refused' in outcome ? { ...row, refused: outcome.refused } : { ...row, ...figuresOf(outcome) };
}

function figuresOf({ epochs, ndcg, error, seconds }: Measured): Omit<TrialRow, 'trial' | 'settings'> {
  return { epochs, validationNdcg: ndcg, validationError: error, seconds: Number(seconds.toFixed(3)) };
}
