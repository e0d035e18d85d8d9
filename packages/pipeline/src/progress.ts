/** Where a stage says how far it is. The command line draws it, a worker writes it into the run's log. */
export interface Progress {
  /** A finished or beginning step, as one sentence. */
  say(message: string, data?: object): void;
  /** How far a long step is; `total` undefined where it can't be known. */
  advance(label: string, done: number, total: number | undefined): void;
}

/** Progress that nobody watches. */
export const silentProgress: Progress = { say: () => undefined, advance: () => undefined };
