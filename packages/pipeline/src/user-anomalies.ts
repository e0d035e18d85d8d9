import type { Engine } from '@kindred/compute';
import { columnDegrees, KindredError, type LogColumns, Random, rowDegrees, type TrainingData } from '@kindred/domain';
import {
  type Anomaly,
  behaviourOf,
  describeAnomaly,
  eventsOf,
  type FoundAnomalies,
  findAnomalies,
  implausibilities,
  LEAST_USERS,
  leftOutErrors,
  popularityErrors,
  type UserSignals,
} from '@kindred/insights';
import type { Vocabulary } from '@kindred/models';
import { dataWithoutUsers, type EventLog, type SnapshotPart, type StoredSnapshot, trainsOn } from '@kindred/pairs';
import { type TrainingResult, trainModel } from '@kindred/training';

/** A user whom nothing explains. */
export interface UserAnomaly {
  readonly userId: string;
  /** Row of the part. */
  readonly row: number;
  /** From 1, the strangest first. */
  readonly rank: number;
  readonly score: number;
  /** In words. */
  readonly because: string;
  readonly signals: Anomaly['signals'];
}

export interface AnomalyRequest {
  readonly engine: Engine;
  readonly seed: number;
  /** Whether a discriminator is asked as well. Default: it is not. */
  readonly critic?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What explains histories here: quick to train, and what it expects of somebody is a distribution over the items. */
const GENERATOR = 'dae';
/** What a discriminator is trained by: on draws for validation this critic went best with all other signals. */
const ADVERSARIAL = 'wgan-gp';
/** Each user is explained by a model of the other half: one that had seen their oddities would have learned them. */
const HALVES = 2;

/**
 * Users of a part whom nothing explains, by its training events alone, the strangest first; nobody where there are too few
 * users to say what is usual.
 * @throws KindredError INTERRUPTED
 */
export async function anomaliesOf(
  snapshot: Pick<StoredSnapshot, 'events'>,
  part: SnapshotPart,
  request: AnomalyRequest,
): Promise<UserAnomaly[]> {
  if (part.users.length < LEAST_USERS) return [];
  const { flagged } = await judgeUsers(await snapshot.events(), part, request);
  const lengths = rowDegrees(part.data.positives);
  return flagged.map((anomaly) => {
    const { user: row, rank, score, signals } = anomaly;
    const because = describeAnomaly(anomaly, lengths[row] as number);
    return { userId: part.users[row] as string, row, rank, score, because, signals };
  });
}

/** How strange every user of a part is. @throws KindredError as `anomaliesOf`; DATA_EMPTY for a single user */
export async function judgeUsers(log: EventLog, part: SnapshotPart, request: AnomalyRequest): Promise<FoundAnomalies> {
  const history = part.data.positives;
  const rowOf = new Map(part.users.map((id, row) => [id, row]));
  const rowOfUser = Int32Array.from(log.users, (id) => rowOf.get(id) ?? -1);
  const behaviour = behaviourOf(trainingEvents(log, part), rowOfUser, history);
  return findAnomalies({ history, behaviour, ...(await judgementsOf(part, request)) });
}

/** The events that a part learns from. */
function trainingEvents(log: EventLog, { name }: SnapshotPart): LogColumns {
  const places = Uint32Array.from(log.set.keys()).filter((at) => trainsOn(name, log.set[at] as number));
  return eventsOf(log, places);
}

/**
 * [U] each: how badly a model of the other half, and its popularity, explain each user, and what a discriminator of the other
 * half makes of them where it is asked; NaN where there is none, for histories that do not differ teach none: then the rules
 * judge alone.
 */
async function judgementsOf(
  { data, users, items }: SnapshotPart,
  request: AnomalyRequest,
): Promise<Pick<UserSignals, 'errors' | 'popularityErrors' | 'criticism'>> {
  const { engine, seed, signal, critic: isCriticAsked = false } = request;
  const half = new Random(seed, 'halves').shuffle(Uint8Array.from(users, (_, row) => row % HALVES));
  const unknown = () => new Float64Array(users.length).fill(Number.NaN);
  const [errors, ofPopularity, ofCritic] = [unknown(), unknown(), unknown()];
  for (let own = 0; own < HALVES; own++) {
    const note = (into: Float64Array, found: Float64Array) => {
      half.forEach((of, row) => {
        if (of === own) into[row] = found[row] as number;
      });
    };
    const others = dataWithoutUsers(data, (row) => half[row] === own);
    const histories = dataWithoutUsers(data, (row) => half[row] !== own);
    const { positives, times } = histories;
    const explained = await trainedOn(others, GENERATOR, { users, items }, request);
    if (explained !== undefined) {
      const { artefact } = explained;
      note(
        errors,
        await leftOutErrors(artefact, positives, times, { seed, matmul: engine.matmul.bind(engine), signal }),
      );
      note(ofPopularity, popularityErrors(positives, columnDegrees(others.positives)));
    }
    if (!isCriticAsked) continue;
    const critic = (await trainedOn(others, ADVERSARIAL, { users, items }, request))?.critic;
    if (critic !== undefined) note(ofCritic, await implausibilities(critic, histories, seed));
  }
  const criticism = isCriticAsked ? { implausibilities: ofCritic, critics: half } : undefined;
  return { errors, popularityErrors: ofPopularity, criticism };
}

/** @returns undefined where there is nothing to learn. @throws KindredError INTERRUPTED */
async function trainedOn(
  data: TrainingData,
  method: string,
  vocabulary: Vocabulary,
  { engine, seed, signal }: AnomalyRequest,
): Promise<TrainingResult | undefined> {
  try {
    const trained = await trainModel({ method, data, vocabulary, engine, seed, signal });
    if (trained.stopped === 'aborted') throw new KindredError('INTERRUPTED', 'the search for anomalies was stopped');
    return trained;
  } catch (error) {
    if (error instanceof KindredError && error.code === 'TRAINING_DEGENERATE') return undefined;
    throw error;
  }
}
