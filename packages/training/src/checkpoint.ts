import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Engine } from '@kindred/compute';
import { type HeldOut, KindredError, type TrainingData } from '@kindred/domain';
import type { Mask } from '@kindred/evaluation';
import {
  decodeSafetensors,
  encodeSafetensors,
  loadArtefact,
  type MethodRun,
  type ModelArtefact,
  replaceFile,
  type SavedRun,
  type StoredTensors,
  saveArtefact,
} from '@kindred/models';
import { addArray, hashTrainingData, hashValidation } from './data-hash.js';
import type { CurvePoint } from './progress.js';

/** What a checkpoint belongs to: a training that differs in any of it would not go on, but mix two trainings. */
interface Identity {
  readonly method: string;
  readonly settings: Readonly<Record<string, number | string>>;
  readonly seed: number;
  readonly engine: string;
  /** Hash of the training data, texts included. */
  readonly data: string;
  /** Hash of the validation part and of how it is asked, or `none`. */
  readonly validation: string;
}

/** The part of a checkpoint that is not arrays. */
interface CheckpointState {
  readonly identity: Identity;
  readonly counters: SavedRun['counters'];
  readonly curve: readonly CurvePoint[];
  readonly bestEpoch: number;
  readonly seconds: number;
  /** Of all arrays and of the rest of this state. */
  readonly sha256: string;
}

interface Checkpoint {
  readonly saved: SavedRun;
  readonly curve: readonly CurvePoint[];
  readonly best: ModelArtefact;
  readonly bestEpoch: number;
  readonly seconds: number;
}

export interface CheckpointFiles {
  save(at: {
    run: MethodRun;
    curve: readonly CurvePoint[];
    best: ModelArtefact | undefined;
    bestEpoch: number;
    isBest: boolean;
    seconds: number;
  }): Promise<void>;
  /**
   * The checkpoint of this training, or undefined when there is none.
   * @throws KindredError CHECKPOINT_CORRUPT when it is damaged, or belongs to another training
   */
  find(): Promise<Checkpoint | undefined>;
}

interface CheckpointRequest {
  readonly checkpointDir?: string | undefined;
  readonly data: TrainingData;
  readonly itemTexts?: readonly (string | undefined)[] | undefined;
  readonly validation?: HeldOut | undefined;
  readonly mask?: Mask | undefined;
  readonly validationUsers?: number | undefined;
  readonly engine: Engine;
  readonly seed: number;
}

const FILE = 'checkpoint.safetensors';
const STATE = 'state';
const bestDir = (epoch: number) => `best-${epoch}`;

/**
 * Checkpoints in a folder: checkpoint.safetensors with the state after the last epoch, and best-N/ with the model of
 * the best epoch so far, written before the checkpoint that names it. A crash at any moment leaves the one before.
 */
export async function openCheckpoints(
  request: CheckpointRequest,
  method: string,
  settings: Readonly<Record<string, number | string>>,
): Promise<CheckpointFiles | undefined> {
  const dir = request.checkpointDir;
  if (dir === undefined) return undefined;
  await mkdir(dir, { recursive: true });
  const identity: Identity = {
    method,
    settings,
    seed: request.seed,
    engine: request.engine.name,
    data: hashTrainingData(request.data, request.itemTexts),
    validation: hashValidation(request),
  };
  return {
    async save({ run, curve, best, bestEpoch, isBest, seconds }) {
      if (isBest && best !== undefined) await saveArtefact(path.join(dir, bestDir(bestEpoch)), best);
      const { tensors, counters } = run.save();
      const rest = { identity, counters, curve, bestEpoch, seconds };
      const state: CheckpointState = { ...rest, sha256: hashState(tensors, rest) };
      const json = Uint8Array.from(Buffer.from(JSON.stringify(state)));
      const pieces = encodeSafetensors({ ...tensors, [STATE]: { shape: [json.length], data: json } });
      await replaceFile(path.join(dir, FILE), pieces);
      if (isBest) await removeOthers(dir, bestDir(bestEpoch));
    },
    find: () => findCheckpoint(dir, identity),
  };
}

async function findCheckpoint(dir: string, identity: Identity): Promise<Checkpoint | undefined> {
  const file = path.join(dir, FILE);
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (bytes === undefined) return undefined;
  try {
    const { [STATE]: json, ...tensors } = decodeSafetensors(bytes, file);
    const state = JSON.parse(Buffer.from((json?.data ?? []) as Uint8Array).toString('utf8')) as CheckpointState;
    checkIdentity(state.identity, identity);
    const { sha256, ...rest } = state;
    if (hashState(tensors, rest) !== sha256) throw new Error('its content does not have the checksum it names');
    const best = await loadArtefact(path.join(dir, bestDir(state.bestEpoch)));
    const { counters, curve, bestEpoch, seconds } = state;
    return { saved: { tensors, counters }, curve, best, bestEpoch, seconds };
  } catch (cause) {
    if (cause instanceof KindredError && cause.code === 'CHECKPOINT_CORRUPT') throw cause;
    throw new KindredError('CHECKPOINT_CORRUPT', `${file}: ${(cause as Error).message}`, { cause });
  }
}

function checkIdentity(found: Identity, expected: Identity): void {
  for (const key of Object.keys(expected) as (keyof Identity)[]) {
    const [was, is] = [JSON.stringify(found[key]), JSON.stringify(expected[key])];
    if (was === is) continue;
    throw new KindredError(
      'CHECKPOINT_CORRUPT',
      `the checkpoint is of another training: its ${key} is ${was}, not ${is}`,
    );
  }
}

async function removeOthers(dir: string, kept: string): Promise<void> {
  for (const name of await readdir(dir)) {
    if (/^best-\d+$/.test(name) && name !== kept) await rm(path.join(dir, name), { recursive: true, force: true });
  }
}

function hashState(tensors: StoredTensors, rest: Omit<CheckpointState, 'sha256'>): string {
  const hash = createHash('sha256').update(JSON.stringify(rest));
  for (const name of Object.keys(tensors).sort()) {
    hash.update(name);
    addArray(hash, tensors[name]?.data);
  }
  return hash.digest('hex');
}
