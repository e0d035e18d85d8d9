import { createHash } from 'node:crypto';
import type { Engine } from '@kindred/compute';
import { KindredError, type LogColumns, Random } from '@kindred/domain';
import {
  canTellMembers,
  type Disclosure,
  type Fidelity,
  fitLogProfile,
  generatorSampler,
  incidence,
  logOfUsers,
  measureFidelity,
  sampleLog,
  synthesisInWords,
  testDisclosure,
  trainingDataOf,
  type Watch,
} from '@kindred/insights';
import { getMethod } from '@kindred/models';
import { trainModel } from '@kindred/training';
import { epochsTo } from './fit-method.js';
import type { Progress } from './progress.js';

export interface SynthesisRequest {
  readonly log: LogColumns;
  /** The generator: any learned method. */
  readonly method: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Synthetic users; default: as many as there are real ones. */
  readonly users?: number | undefined;
  /** Whether items get names that say nothing, by the seed. */
  readonly renameItems?: boolean | undefined;
  readonly engine: Engine;
  readonly seed: number;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

export interface Synthesis {
  readonly log: LogColumns;
  readonly fidelity: Fidelity;
  readonly disclosure: Disclosure;
  /** What was measured, a sentence each. */
  readonly words: readonly string[];
}

/** Fewer are no log to learn from, nor to measure by. */
const LEAST_USERS = 50;
/** One user of so many is set aside: the generator never sees them, and they are what strangers look like. */
const HELD_OUT = 5;

/**
 * A log of users who never were, with the statistics of a real one: a generator is fitted to four fifths of the users, new
 * users are drawn from it, and what the result keeps and gives away is measured against the other fifth.
 * @throws KindredError DATA_EMPTY with too few users; METHOD_UNKNOWN, SETTING_UNKNOWN, TRAINING_DEGENERATE, INTERRUPTED
 */
export async function synthesizeLog(request: SynthesisRequest): Promise<Synthesis> {
  const { log, method, settings, engine, seed, progress, signal } = request;
  const count = log.users.length;
  if (getMethod(method).readsTexts) {
    throw new KindredError('CONFIG_INVALID', `${method} reads texts, of which a log has none; take another method`, {
      field: 'method',
    });
  }
  if (count < LEAST_USERS) {
    throw new KindredError('DATA_EMPTY', `the log has ${count} users; a synthetic one needs at least ${LEAST_USERS}`);
  }
  const order = new Random(seed, 'users set aside').shuffle(Uint32Array.from({ length: count }, (_, user) => user));
  const aside = Math.floor(count / HELD_OUT);
  const learned = logOfUsers(log, order.slice(aside).sort());
  const heldOut = logOfUsers(log, order.slice(0, aside).sort());
  progress.say(`${method} learns from ${learned.users.length} users; ${aside} are set aside for the disclosure test`);
  if (!canTellMembers(learned.users.length, aside))
    progress.say(`warning: ${count} users are too few to show that a synthetic log is safe to share`);
  const data = trainingDataOf(learned);
  const vocabulary = { users: learned.users, items: learned.items };
  const onProgress = epochsTo(progress, 'epochs of the generator');
  const training = { method, settings, data, vocabulary, engine, seed, signal, onProgress };
  const { artefact, stopped } = await trainModel(training);
  if (stopped === 'aborted') throw new KindredError('INTERRUPTED', 'the training of the generator was interrupted');
  const watch: Watch = { signal, onProgress: (label, done, total) => progress.advance(label, done, total) };
  const profile = fitLogProfile(learned);
  const users = request.users ?? count;
  progress.say(`drawing ${users} users`);
  const sampler = await generatorSampler(artefact, profile, seed, watch);
  const synthetic = await sampleLog(profile, sampler, { items: log.items, users, seed, ...watch });
  progress.say('measuring what the log keeps, and what it gives away');
  const fidelity = await measureFidelity(log, synthetic, seed, watch);
  const disclosure = await testDisclosure({
    train: data.positives,
    heldOut: incidence(heldOut),
    synthetic: incidence(synthetic),
    seed,
    ...watch,
  });
  const named = request.renameItems === true ? { ...synthetic, items: newNames(log, seed) } : synthetic;
  return { log: named, fidelity, disclosure, words: synthesisInWords(fidelity, disclosure) };
}

/** Numbers in an order that says nothing of the items, and that nobody can draw again who has not the whole log. */
function newNames({ items, user, item, time }: LogColumns, seed: number): string[] {
  const count = items.length;
  const hash = createHash('sha256');
  for (const { buffer, byteOffset, byteLength } of [user, item, time])
    hash.update(Buffer.from(buffer, byteOffset, byteLength));
  const numbers = new Random(seed, `names of items ${hash.digest('hex')}`).shuffle(
    Uint32Array.from({ length: count }, (_, k) => k + 1),
  );
  return Array.from(numbers, (number) => `i${String(number).padStart(String(count).length, '0')}`);
}
