import { baseOf, encodeHistory, type PseudoItems } from '@kindred/models/artefact';
import type { ServingModel } from './serving-model.js';

/** What is known of somebody: items with the strength of the interaction; not positive: a return or a dislike. */
export interface HistoryEntry {
  readonly itemId: string;
  readonly strength: number;
  /** When, in Unix milliseconds. Unless all entries have it, the order given is taken as the order in time. */
  readonly timeMs?: number | undefined;
}

/** What a model reads of somebody's history; the vector of it is made when it is first asked for, and once. */
export class KnownHistory {
  /** [n]: positions of the items that the model knows. */
  readonly items: Uint32Array;
  /** [n] */
  readonly strengths: Float32Array;
  /** [n]; undefined unless all have one: the order given is then the order in time. */
  readonly times: Float64Array | undefined;
  readonly #model: ServingModel;
  readonly #base: Float32Array | undefined; // [D - 1]: what the model knows of the user beside their history
  #vector: Float32Array | undefined;

  constructor(model: ServingModel, history: readonly HistoryEntry[], userId: string | undefined) {
    const known = history.filter((entry) => model.positions.has(entry.itemId));
    const isTimed = known.every((entry) => entry.timeMs !== undefined);
    this.items = Uint32Array.from(known, (entry) => model.positions.get(entry.itemId) as number);
    this.strengths = Float32Array.from(known, (entry) => entry.strength);
    this.times = isTimed ? Float64Array.from(known, (entry) => entry.timeMs as number) : undefined;
    this.#model = model;
    this.#base = baseOf(model.artefact, userId === undefined ? undefined : model.userPositions.get(userId));
  }

  /** Whether it says what to look for. */
  get speaks(): boolean {
    return this.strengths.some((strength) => strength > 0);
  }

  /** The vector of the history. [D] */
  vector(): Float32Array {
    this.#vector ??= this.#encoded();
    return this.#vector;
  }

  /** With what joins the history, where something does. [D] */
  vectorWith(pseudo: PseudoItems | undefined): Float32Array {
    return pseudo === undefined ? this.vector() : this.#encoded(pseudo);
  }

  #encoded(pseudo?: PseudoItems): Float32Array {
    return encodeHistory(this.#model.artefact, this.items, this.strengths, this.times, this.#base, pseudo);
  }
}
