import { KindredError } from '@kindred/domain';

/** Waits for a promise, at most so long. Whatever it does afterwards is ignored. */
export async function settledWithin(promise: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs);
  });
  try {
    return await Promise.race([
      promise.then(
        () => true,
        () => true,
      ),
      expired,
    ]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The answer of a queue operation, or QUEUE_UNAVAILABLE: a server that is away must not hang its callers.
 * @param where the server, for the message
 */
export async function queueAnswer<T>(promise: Promise<T>, where: string, timeoutMs: number): Promise<T> {
  if (!(await settledWithin(promise, timeoutMs))) {
    promise.catch(() => {});
    throw new KindredError('QUEUE_UNAVAILABLE', `${where} did not answer within ${timeoutMs / 1000} s`);
  }
  try {
    return await promise;
  } catch (error) {
    if (error instanceof KindredError) throw error;
    throw new KindredError('QUEUE_UNAVAILABLE', `${where}: ${reasonOf(error)}`, { cause: error });
  }
}

/** The first sentence of an error, also of one that hides its reason in a list (Node's failed connects). */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(reasonOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
