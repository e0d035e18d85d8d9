import { type HeldOut, hasEntry, rowEntries, type TrainingData } from '@kindred/domain';
import type { Cohort } from '@kindred/evaluation';
import { getBaseline, isWithin, type LearnedMethod, type ModelArtefact } from '@kindred/models';
import { type TrainingRequest, trainModel } from '../train-model.js';
import { type ChosenUnion, chooseUnion, type UnionRequest } from '../union/choose-union.js';
import { validationCohort } from '../validation-cohort.js';

export interface UnionQuestion {
  /** What the probes were asked for. */
  readonly request: Pick<UnionRequest, 'engine' | 'mask'> &
    Pick<TrainingRequest, 'signal' | 'onProgress'> & {
      readonly method: LearnedMethod;
      readonly data: TrainingData;
      readonly items: readonly string[];
      readonly validation: HeldOut;
      readonly seed: number;
    };
  /** Names of the item-to-item models, the first feasible one is asked. */
  readonly models: readonly string[];
  readonly validationUsers: number;
  /** The best probe, and what it was trained on. */
  readonly probe: {
    readonly artefact: ModelArtefact;
    readonly data: TrainingData;
    readonly heldOut: HeldOut;
    /** Whether that is a part of the users only. */
    readonly isSample: boolean;
  };
  /** Settings of the training on everybody. */
  readonly whole: Readonly<Record<string, unknown>>;
}

/**
 * What joins the vectors of the best probe. Where it saw a part of the users, those of a training on everybody are asked, for
 * vectors learn from every further user and neighbours hardly do; and only where validation is the newest part of a
 * log: one drawn at random flatters neighbours, since what was taken together lies in both parts (decision 0014).
 */
export async function askUnion({
  request,
  models,
  validationUsers,
  probe,
  whole,
}: UnionQuestion): Promise<ChosenUnion> {
  const { method, data, items, validation, engine, mask, seed, signal, onProgress } = request;
  const { rowCount: users, columnCount } = data.positives;
  const repeats = takesAgain(data, validation);
  const chosenFrom = (artefact: ModelArtefact, own: TrainingData, heldOut: HeldOut, isSample: boolean) => {
    const asked = { data: own, seed, validation: heldOut, validationUsers };
    const cohort = validationCohort({ ...asked, mask }) as Cohort; // Probes were measured on some of them.
    const repeating = repeats ? validationCohort({ ...asked, mask: 'none' }) : undefined;
    return chooseUnion({ artefact, data: own, cohort, repeating, models, isSample, mask, engine });
  };
  const isTimed = data.times !== undefined;
  const isFeasible = models.some((name) => isWithin(getBaseline(name).limit, users, columnCount));
  if (!probe.isSample || !isTimed || !(repeats || isFeasible)) {
    return chosenFrom(probe.artefact, probe.data, probe.heldOut, probe.isSample && !isTimed);
  }
  const vocabulary = { users: Array.from({ length: users }, (_, row) => String(row)), items };
  const { artefact } = await trainModel({
    method,
    data,
    vocabulary,
    engine,
    seed,
    signal,
    onProgress,
    settings: whole,
  });
  return chosenFrom(artefact, data, validation, false);
}

/** Share of the held-out pairs that have to be repeats for own items to be looked at. */
const FEWEST_REPEATS = 0.01;

/** Whether people take again what they have. */
function takesAgain({ positives }: TrainingData, { items }: HeldOut): boolean {
  let repeats = 0;
  for (let row = 0; row < items.rowCount; row++) {
    for (const item of rowEntries(items, row)[0]) if (hasEntry(positives, row, item)) repeats += 1;
  }
  return repeats > FEWEST_REPEATS * items.columns.length;
}
