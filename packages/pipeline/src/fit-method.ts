import { join } from 'node:path';
import type { Engine } from '@kindred/compute';
import { type HeldOut, KindredError } from '@kindred/domain';
import type { Mask } from '@kindred/evaluation';
import { getMethod } from '@kindred/models';
import type { SnapshotPart } from '@kindred/pairs';
import { type CurvePoint, type TrainingResult, trainModel } from '@kindred/training';
import type { Progress } from './progress.js';

export interface FitRequest {
  readonly method: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly engine: Engine;
  readonly seed: number;
  /** What is written of each item, by its id; for methods that read. */
  readonly itemTexts?: ReadonlyMap<string, string> | undefined;
  /** What validation leaves out. Default `seen`. */
  readonly mask?: Mask | undefined;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
  /** Where an interrupted training finds its state again. */
  readonly checkpointDir?: string | undefined;
}

/** How long to train, as validation has it. */
export interface ChosenEpochs {
  /** Undefined: there was no validation, the method's whole schedule is run. */
  readonly epochs: number | undefined;
  readonly validationNdcg: number | undefined;
  readonly curve: readonly CurvePoint[];
  readonly seconds: number;
}

/** Trains on the train set alone and finds how long to train by the ranking of the validation set. */
export async function chooseEpochs(part: SnapshotPart, request: FitRequest): Promise<ChosenEpochs> {
  if (part.heldOut === undefined || part.heldOut.items.columns.length === 0) {
    return { epochs: undefined, validationNdcg: undefined, curve: [], seconds: 0 };
  }
  const trained = await train(part, request, 'choosing epochs', { validation: part.heldOut });
  const best = trained.curve[trained.bestEpoch - 1];
  return {
    epochs: best?.validationNdcg === undefined ? undefined : trained.settledEpoch,
    validationNdcg: best?.validationNdcg,
    curve: trained.curve,
    seconds: trained.seconds,
  };
}

/** Trains on all of a part's training events for the epochs that were chosen. */
export function refit(part: SnapshotPart, request: FitRequest, chosen: ChosenEpochs): Promise<TrainingResult> {
  return train(part, request, `training for ${part.name}`, { epochs: chosen.epochs });
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

async function train(
  part: SnapshotPart,
  request: FitRequest,
  label: string,
  goal: { readonly validation?: HeldOut; readonly epochs?: number | undefined },
): Promise<TrainingResult> {
  requireContrast(part);
  const { checkpointDir, itemTexts, progress } = request;
  const trained = await trainModel({
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
    onProgress: (event) => {
      if (event.kind === 'epoch') progress.advance(label, event.epoch, event.epochs);
    },
  });
  request.signal?.throwIfAborted();
  return trained;
}
