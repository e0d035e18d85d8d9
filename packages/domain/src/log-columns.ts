/** A log in columns: who did what with which item, and when; in order of time. */
export interface LogColumns {
  readonly users: readonly string[];
  readonly items: readonly string[];
  readonly types: readonly string[];
  /** [events]: position in `users`. */
  readonly user: Uint32Array;
  /** [events]: position in `items`. */
  readonly item: Uint32Array;
  /** [events]: position in `types`. */
  readonly type: Uint16Array;
  /** [events]: unix milliseconds; infinite where there is none. */
  readonly time: Float64Array;
  /** [events]: NaN where there is none. */
  readonly value: Float64Array;
}
