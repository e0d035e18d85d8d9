import { type PartName, type SnapshotPart, type StoredSnapshot, withoutUsers } from '@kindred/pairs';
import type { Progress } from './progress.js';
import { type AnomalyRequest, anomaliesOf, type UserAnomaly } from './user-anomalies.js';

/** A user who was left out of training, and why. */
export type ExcludedUser = Pick<UserAnomaly, 'userId' | 'score' | 'because'>;

/** What a training learns from. */
export interface TrainingParts {
  part(name: PartName): Promise<SnapshotPart>;
  /** Who was left out of each part asked for so far, the strangest first; undefined: nobody was looked for. */
  readonly excluded: Partial<Record<PartName, readonly ExcludedUser[]>> | undefined;
}

/** The parts as the snapshot has them. */
export function wholeParts(snapshot: StoredSnapshot): TrainingParts {
  return { part: (name) => snapshot.part(name), excluded: undefined };
}

/**
 * The parts without the users whom nothing explains. Each part is judged by its own training events: who is left out of
 * the twin that is evaluated must not depend on what it is asked.
 */
export function partsWithoutAnomalies(
  snapshot: StoredSnapshot,
  request: AnomalyRequest & { readonly progress: Progress },
): TrainingParts {
  const excluded: Partial<Record<PartName, readonly ExcludedUser[]>> = {};
  return {
    excluded,
    part: async (name) => {
      const part = await snapshot.part(name);
      const found = await anomaliesOf(snapshot, part, request);
      excluded[name] = found.map(({ userId, score, because }) => ({ userId, score, because }));
      sayExcluded(request.progress, part, found);
      const rows = new Set(found.map(({ row }) => row));
      return rows.size === 0 ? part : withoutUsers(part, (row) => rows.has(row));
    },
  };
}

function sayExcluded({ say }: Progress, { name, users }: SnapshotPart, found: readonly UserAnomaly[]): void {
  const [first] = found;
  const example = first === undefined ? '' : `, the strangest ${first.userId}: ${first.because}`;
  say(`${found.length} of ${users.length} users are left out of training for ${name}${example}`);
}
