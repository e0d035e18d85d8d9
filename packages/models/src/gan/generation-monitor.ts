import { Random } from '@kindred/domain';
import { itemDistribution, largestPlaces, type ModelArtefact } from '../artefact/index.js';
import type { BatchRandom } from '../autoencoder/profile-generator.js';
import type { Profiles } from '../autoencoder/profiles.js';
import type { GenerationHealth } from '../learned-method.js';
import type { RunState } from '../run-state.js';
import { listSpread, listTurnover } from './list-spread.js';

/** Users that are looked at, and the longest list of each. */
const USERS = 64;
const LONGEST = 10;
/** No item: a place of a list that is not filled. */
const NONE = 0xff_ff_ff_ff;

interface Watched {
  /** Of the few items known of the user. */
  readonly items: Uint32Array;
  readonly strengths: Float32Array;
  readonly times: Float64Array | undefined;
  /** As many of the hidden ones as a list has room for. */
  readonly real: Uint32Array;
}

/** Looks at what a generator makes of the same few items of the same users after every epoch. */
export class GenerationMonitor {
  readonly users: Uint32Array;
  readonly #watched: readonly Watched[];
  readonly #lists: Uint32Array; // of an epoch ago, [users, LONGEST]

  /** @param most items that are known of a user */
  constructor(state: RunState, profiles: Profiles, members: Uint32Array, most: number) {
    const random = new Random(1, 'monitor');
    const places = random.sample(members.length, Math.min(USERS, members.length));
    this.users = Uint32Array.from(places, (place) => members[place] as number);
    profiles.truncate(this.users, most, random);
    this.#watched = Array.from(this.users, (user) => {
      const { kept, strengths, times, hidden } = profiles.parts(user);
      return { items: kept, strengths, times, real: random.shuffle(hidden).slice(0, LONGEST) };
    });
    const room = this.users.length * LONGEST;
    this.#lists = state.array('monitor lists', [this.users.length, LONGEST], new Uint32Array(room).fill(NONE));
  }

  /** The same draws every time, and none of those that training goes by. */
  random(): Required<BatchRandom> {
    const stream = (label: string) => new Random(1, `monitor ${label}`);
    return { corruption: stream('corruption'), candidates: stream('candidates'), body: stream('body') };
  }

  /** Lists as long as the real ones, of the items with the best chances. */
  look(artefact: ModelArtefact): Pick<GenerationHealth, 'made' | 'real' | 'turnover'> {
    const made = this.#watched.map(({ items, strengths, times, real }) =>
      largestPlaces(itemDistribution(artefact, items, strengths, undefined, times), real.length),
    );
    const turnover = this.#turnover(made);
    this.#lists.fill(NONE);
    made.forEach((list, row) => {
      this.#lists.set(list, row * LONGEST);
    });
    return {
      made: listSpread(made),
      real: listSpread(this.#watched.map(({ real }) => real)),
      turnover,
    };
  }

  /** Share of the items of all lists that were not in the same user's list an epoch ago. */
  #turnover(made: readonly Uint32Array[]): number | undefined {
    if (this.#lists.every((item) => item === NONE)) return undefined;
    const before = made.map((_, row) => this.#lists.subarray(row * LONGEST, (row + 1) * LONGEST));
    return listTurnover(made, before);
  }
}
