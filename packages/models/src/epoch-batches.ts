import type { Random } from '@kindred/domain';
import { declareSetting, type SettingDeclaration } from './settings.js';

/** Deals the members out in a new random order every epoch, in batches whose sizes differ by at most one. */
export class EpochBatches {
  readonly batchesPerEpoch: number;
  /** [members]: this epoch's order. */
  readonly order: Uint32Array;
  readonly #random: Random;
  /** The next batch of this epoch. */
  position = 0;

  constructor(members: Uint32Array, batchSize: number, random: Random) {
    this.order = members.slice();
    this.batchesPerEpoch = Math.max(1, Math.ceil(members.length / batchSize));
    this.#random = random;
  }

  next(): Uint32Array {
    if (this.position === 0) this.#random.shuffle(this.order);
    const { length } = this.order;
    const start = Math.floor((this.position * length) / this.batchesPerEpoch);
    const end = Math.floor(((this.position + 1) * length) / this.batchesPerEpoch);
    this.position = (this.position + 1) % this.batchesPerEpoch;
    return this.order.slice(start, end);
  }
}

/**
 * How many users a step has, of the methods whose rule is `usersPerStep`.
 * @param rule what it comes to, in words
 */
export function declareUsersPerStep(rule: string, why: string): SettingDeclaration {
  return declareSetting('batchSize', 'auto', [1, 8192], `Users in a step; auto: ${rule}.`, { whole: true, why });
}

/** The setting that `eighthOfUsers` rules where it is open. */
export const USERS_PER_STEP = declareUsersPerStep(
  'an eighth of them, 256 to 1,024',
  "The recipe's rule: eight steps an epoch or more from 2,048 users on, and products of at most 1,024 rows; others are untried with this method.",
);

/** Users in a step: as many as make so many steps an epoch, 256 to 1,024. */
export function usersPerStep(users: number, steps: number): number {
  return Math.min(1024, Math.max(256, Math.floor(users / steps)));
}

/** Users in a step by the rule that most methods share: an eighth of them, 256 to 1,024. */
export function eighthOfUsers(users: number): number {
  return usersPerStep(users, 8);
}
