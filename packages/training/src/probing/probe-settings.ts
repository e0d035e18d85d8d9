import type { Engine } from '@kindred/compute';
import type { HeldOut, TrainingData } from '@kindred/domain';
import type { Mask } from '@kindred/evaluation';
import {
  type LearnedMethod,
  type ModelArtefact,
  type Probing,
  resolveSettings,
  type ServingChoice,
  type SettingValue,
  withServing,
} from '@kindred/models';
import type { Progress } from '../progress.js';
import { trainModel } from '../train-model.js';
import type { ChosenUnion } from '../union/choose-union.js';
import { affordableUsers, validationCohort } from '../validation-cohort.js';
import { meanOf, standardError } from '../validator.js';
import { askUnion } from './ask-union.js';
import { isBeyondChance } from './beyond-chance.js';
import { sampleUsers } from './sample-users.js';
import { tunePrior } from './tune-prior.js';
import { type ChosenShrinkage, tuneShrinkage } from './tune-shrinkage.js';

export interface ProbeRequest {
  readonly method: LearnedMethod;
  /** What a person has set: it stays as it is. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly data: TrainingData;
  readonly items: readonly string[];
  readonly validation: HeldOut;
  readonly mask?: Mask | undefined;
  /** Pairs that a probe trains on, at most. Default 250,000. */
  readonly pairs?: number | undefined;
  readonly engine: Engine;
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  readonly onTrial?: ((trial: ProbeTrial) => void) | undefined;
  /** Of the training on everybody that the union is compared with, where probes see a part of the users. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** One short training. */
export interface ProbeTrial {
  /** What the stages have set. */
  readonly settings: Readonly<Record<string, SettingValue>>;
  readonly serving: ServingChoice;
  /** NDCG@20 on validation, the prior chosen on the same users. */
  readonly ndcg: number;
  /** Its standard error. */
  readonly error: number;
  readonly seconds: number;
}

export interface ProbeOutcome {
  /** Values for the settings that were left to a rule. */
  readonly settings: Readonly<Record<string, SettingValue>>;
  readonly validationNdcg: number;
  readonly trials: readonly ProbeTrial[];
  /** Which of them is taken, counted from 1. */
  readonly kept: number;
  /** How far short histories are trusted; undefined: it was given. */
  readonly shrinkage: ChosenShrinkage | undefined;
  /** Undefined: the method is joined by nothing, or was not asked to be. */
  readonly union: ChosenUnion | undefined;
  readonly seconds: number;
}

type ServingSetting = keyof Probing['serving'];

interface MeasuredTrial extends ProbeTrial {
  readonly perUser: Float64Array;
  readonly artefact: ModelArtefact;
}

/** Users are sampled, so that the cost of a probe is bounded. */
const PROBE_PAIRS = 250_000;
/** Pairs of an item, on average, below which a sample is starved: 6 and 17 misled where 68 did not (docs/log.md). */
const FEWEST_PER_ITEM = 50;

/**
 * Short trainings on validation that choose what no statistic of the data predicts (decision 0014): stage by stage a
 * value climbs its ladder from what the rule says for as long as validation gets better, and is taken if it is better
 * beyond chance. The prior is chosen anew after each training, the shrinkage of short histories with the best of them.
 * Where only a part of the users is trained on and items have few of them, what the rules say stands but for the shrinkage:
 * vectors learn from every further user and popularity hardly does, so that such a sample wants too much of it.
 * @returns undefined where nobody can be validated on
 */
export async function probeSettings(request: ProbeRequest, probing: Probing): Promise<ProbeOutcome | undefined> {
  const started = performance.now();
  const bench = openBench(request, probing);
  if (bench === undefined) return undefined;
  const given = resolveSettings(request.method.settings, request.settings);
  let best = await bench.try({});
  for (const { setting, ladder, start } of bench.isStarved ? [] : probing.stages(request.data)) {
    if (given[setting] !== 'auto') continue;
    const reference = best;
    const climbed = await climb(bench, reference, setting, ladder, start);
    if (isBeyondChance(climbed.perUser, reference.perUser)) best = climbed;
  }
  const shrinkage = given.shrinkage === 'auto' ? await bench.shrink(best) : undefined;
  const serving = { ...best.serving, ...(shrinkage && { shrinkage: shrinkage.shrinkage }) };
  const settings = { ...best.settings, ...bench.openServing(serving) };
  const models = given.union === 'off' ? [] : (request.method.unionWith ?? []);
  const union = models.length === 0 ? undefined : await bench.join(best.artefact, serving, settings, models);
  return {
    settings,
    validationNdcg: best.ndcg,
    trials: bench.trials,
    kept: bench.trials.findIndex(({ settings }) => settings === best.settings) + 1,
    shrinkage,
    union,
    seconds: (performance.now() - started) / 1000,
  };
}

/** Goes up the ladder from the start while it gets better; down, where the first step up did not. */
async function climb(
  bench: Bench,
  from: MeasuredTrial,
  setting: string,
  ladder: readonly SettingValue[],
  start: SettingValue,
): Promise<MeasuredTrial> {
  const origin = ladder.indexOf(start);
  for (const direction of [1, -1]) {
    let stood = from;
    for (let k = origin + direction; k >= 0 && k < ladder.length; k += direction) {
      const trial = await bench.try({ ...from.settings, [setting]: ladder[k] as SettingValue });
      if (trial.ndcg <= stood.ndcg) break;
      stood = trial;
    }
    if (stood !== from) return stood;
  }
  return from;
}

interface Bench {
  readonly trials: ProbeTrial[];
  /** What probes are trained on. */
  readonly data: TrainingData;
  /** Whether that is a part of the users only, and too few to choose by. */
  readonly isStarved: boolean;
  try(settings: Readonly<Record<string, SettingValue>>): Promise<MeasuredTrial>;
  /** Those parts of a choice that nobody has fixed. */
  openServing(choice: ServingChoice): Partial<ServingChoice>;
  shrink(trial: MeasuredTrial): Promise<ChosenShrinkage>;
  /** What joins the vectors; see `askUnion`. */
  join(
    artefact: ModelArtefact,
    serving: ServingChoice,
    settings: Readonly<Record<string, SettingValue>>,
    models: readonly string[],
  ): Promise<ChosenUnion>;
}

function openBench(request: ProbeRequest, probing: Probing): Bench | undefined {
  const { method, engine, seed, mask = 'seen' } = request;
  const sampled = sampleUsers(request.data, request.validation, request.pairs ?? PROBE_PAIRS, seed);
  const { data } = sampled;
  const items = data.positives.columnCount;
  const validationUsers = affordableUsers(items);
  const cohort = validationCohort({ data, seed, validation: sampled.heldOut, mask, validationUsers });
  if (cohort === undefined || data.positives.columns.length === 0) return undefined;
  const vocabulary = { users: Array.from(sampled.users, String), items: request.items };
  const given = resolveSettings(method.settings, request.settings);
  const short = probing.shorten(given);
  const trials: ProbeTrial[] = [];
  const isSample = data !== request.data;
  const isStarved = isSample && data.positives.columns.length < FEWEST_PER_ITEM * items;
  /** What a person has set is the only value; else what the rule said comes first, then the others. */
  const valuesOf = (name: ServingSetting, byRule: number, isOpen = true) => {
    const others = probing.serving[name].filter((value) => value !== byRule);
    return isOpen && given[name] === 'auto' ? [byRule, ...others] : [byRule];
  };
  return {
    trials,
    data,
    isStarved,
    openServing: (choice) =>
      Object.fromEntries(Object.entries(choice).filter(([name]) => given[name] === 'auto')) as Partial<ServingChoice>,
    async try(settings) {
      const started = performance.now();
      request.signal?.throwIfAborted();
      const { artefact } = await trainModel({
        ...{ method, data, vocabulary, engine, seed, signal: request.signal },
        settings: { ...request.settings, ...short, ...settings },
      });
      const byRule = (name: ServingSetting) => artefact.settings[name] as number;
      const space = {
        // Without times all windows are the same.
        priorWindowDays: valuesOf('priorWindowDays', byRule('priorWindowDays'), data.times !== undefined && !isStarved),
        priorStrength: valuesOf('priorStrength', byRule('priorStrength'), !isStarved),
      };
      const { choice, perUser } = await tunePrior(artefact, data, cohort, space, byRule('shrinkage'), { engine, mask });
      const trial = {
        settings,
        serving: choice,
        ndcg: meanOf(perUser),
        error: standardError(perUser),
        seconds: Number(((performance.now() - started) / 1000).toFixed(3)),
      };
      trials.push(trial);
      request.onTrial?.(trial);
      return { ...trial, perUser, artefact };
    },
    shrink({ artefact, serving }) {
      const values = valuesOf('shrinkage', serving.shrinkage);
      return tuneShrinkage(artefact, data, cohort, serving, values, { engine, mask, seed });
    },
    join: (artefact, serving, settings, models) =>
      askUnion({
        ...{ request: { ...request, mask }, models, validationUsers },
        probe: { artefact: withServing(artefact, data, serving), data, heldOut: sampled.heldOut, isSample },
        whole: { ...request.settings, ...settings, epochs: probing.joinEpochs(given) },
      }),
  };
}
