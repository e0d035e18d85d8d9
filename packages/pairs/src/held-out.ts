import { emptyMatrix, type HeldOut, type UserId } from '@kindred/domain';

/** Held-out positives, ascending by user, then by item. */
export interface HeldOutPairs {
  /** [pairs]: position in the log's (or file's) list of users. */
  readonly user: Uint32Array;
  /** [pairs]: position in the log's (or file's) list of items. */
  readonly item: Uint32Array;
}

/** A user with held-out items whom the part's training does not know. */
export interface NewUser {
  readonly userId: UserId;
  /** Held-out items as positions in the part's vocabulary, ascending. */
  readonly items: Uint32Array;
  /** Held-out items that the part's training does not know. */
  readonly unknownItems: number;
}

interface Positions {
  readonly names: readonly string[];
  /** For each position of the pairs the position in the part's vocabulary, -1 where it has none. */
  readonly position: Int32Array;
}

/**
 * Held-out pairs in the index space of the part. A pair that training holds too stays: whether finding it counts is
 * the evaluator's choice.
 */
export function assembleHeldOut(
  pairs: HeldOutPairs,
  users: Positions,
  items: Positions,
  userIds: readonly UserId[],
): { heldOut: HeldOut; newUsers: NewUser[] } {
  const userCount = users.names.length;
  const offsets = new Uint32Array(userCount + 1);
  const unknownItems = new Uint32Array(userCount);
  const columns: number[] = [];
  const newcomers = new Map<number, { items: number[]; unknownItems: number }>();
  for (let k = 0; k < pairs.user.length; k++) {
    const logUser = pairs.user[k] as number;
    const user = users.position[logUser] as number;
    const item = items.position[pairs.item[k] as number] as number;
    if (user < 0) {
      const newcomer = newcomers.get(logUser) ?? { items: [], unknownItems: 0 };
      newcomers.set(logUser, newcomer);
      if (item < 0) newcomer.unknownItems += 1;
      else newcomer.items.push(item);
    } else if (item < 0) {
      unknownItems[user] = (unknownItems[user] as number) + 1;
    } else {
      offsets[user + 1] = (offsets[user + 1] as number) + 1;
      columns.push(item);
    }
  }
  for (let u = 0; u < userCount; u++) offsets[u + 1] = (offsets[u + 1] as number) + (offsets[u] as number);
  const newUsers = [...newcomers].map(([logUser, found]) => ({
    userId: userIds[logUser] as UserId,
    items: Uint32Array.from(found.items),
    unknownItems: found.unknownItems,
  }));
  return {
    heldOut: {
      items: {
        ...emptyMatrix(userCount, items.names.length),
        offsets,
        columns: Uint32Array.from(columns),
        values: new Float32Array(columns.length).fill(1),
      },
      unknownItems,
    },
    newUsers,
  };
}
