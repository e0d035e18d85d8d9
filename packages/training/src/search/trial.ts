import type { Settings } from '@kindred/models';

/** Settings to be tried. */
export interface Trial {
  /** Counted from 1; the first one is what would be trained without a search. */
  readonly number: number;
  /** Put over the defaults of the method. */
  readonly settings: Settings;
}

/** What a training came to on validation. Plain data, so that it can be kept in a file. */
export interface Measured {
  /** Mean NDCG@20 over the validation users, of the best epoch. */
  readonly ndcg: number;
  /** Its standard error. */
  readonly error: number;
  /** NDCG@20 of each validation user, in the same order for every trial of a search. */
  readonly perUser: readonly number[];
  /** What the schedule was laid out for; absent where nothing is done in epochs. */
  readonly epochs?: number | undefined;
  readonly seconds: number;
}

/** A training that ended by itself: its settings lead to no model. */
interface Refused {
  readonly refused: string;
}

export type Outcome = Measured | Refused;

/** Trains, or fits, with the settings of a trial in so many epochs (undefined: as many as the method plans) and measures it. */
export type Evaluate = (trial: Trial, epochs: number | undefined) => Promise<Outcome>;
