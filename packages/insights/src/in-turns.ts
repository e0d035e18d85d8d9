import { setImmediate as nextTurn } from 'node:timers/promises';
import { KindredError } from '@kindred/domain';

/** Who may end long work, and who is told how far it is. */
export interface Watch {
  readonly signal?: AbortSignal | undefined;
  /** Told at the beginning, at the end and at every turn of the event loop between. */
  readonly onProgress?: ((label: string, done: number, total: number) => void) | undefined;
}

/** The event loop waits about so long for its turn, or as long as one step takes. */
const TURN_MS = 50;

/**
 * The numbers below `count`, for a loop whose steps wait for nothing: signals, timers and the drawing of progress get a turn
 * before the first of them, and every so often.
 * @param label what is counted, for people
 * @throws KindredError INTERRUPTED at the signal
 */
export async function* inTurns(count: number, label: string, { signal, onProgress }: Watch): AsyncGenerator<number> {
  let turnedAt = Number.NEGATIVE_INFINITY;
  for (let step = 0; step < count; step++) {
    if (performance.now() - turnedAt >= TURN_MS) {
      onProgress?.(label, step, count);
      await takeTurn('the synthetic log', signal);
      turnedAt = performance.now();
    }
    yield step;
  }
  onProgress?.(label, count, count);
}

/**
 * Gives the event loop its turn, in which a signal may come.
 * @param what is interrupted by it, for people
 * @throws KindredError INTERRUPTED at the signal
 */
export async function takeTurn(what: string, signal: AbortSignal | undefined): Promise<void> {
  await nextTurn();
  if (signal?.aborted) throw new KindredError('INTERRUPTED', `${what} was interrupted`, { cause: signal.reason });
}
