import pg from 'pg';
import { connectionConfig, SCHEMA } from './open-database.js';
import { PROMOTION_CHANNEL } from './repositories/promotions-repository.js';

/** After a lost connection: at once, then ever later up to this. */
const MAX_RETRY_MS = 10_000;
const FIRST_RETRY_MS = 100;
/** How often the connection is proven and the current promotion read, in case a message was lost on the way. */
const CHECK_MS = 30_000;
const QUERY_LIMIT_MS = 10_000;

/** A listener at work. */
export interface PromotionListener {
  /** Ends the listening; no callback runs after it has resolved. */
  close(): Promise<void>;
}

export interface ListenOptions {
  /** Told of each lost connection; the listener goes on by itself. */
  readonly onFault?: (fault: unknown) => void;
}

/**
 * Calls back with the id of the model that serves: soon after the start where there is one, and whenever
 * it changes. A lost connection is made anew, and what changed meanwhile is told then. Of changes in quick
 * succession only the last may be told. The callback should not throw; one that does is told to onFault.
 */
export function listenPromotions(
  url: string,
  onPromotion: (modelId: string) => void | Promise<void>,
  options: ListenOptions = {},
): PromotionListener {
  // A connection that died without a word is found out by the check, whose query then stays unanswered.
  const config = { ...connectionConfig(url, 'kindred-promotions'), query_timeout: QUERY_LIMIT_MS };
  const closing = new AbortController();
  let told: string | undefined;

  const tellChange = async (client: pg.Client): Promise<void> => {
    const modelId = await readCurrent(client);
    if (modelId === undefined || modelId === told || closing.signal.aborted) return;
    told = modelId;
    try {
      await onPromotion(modelId);
    } catch (error) {
      options.onFault?.(error);
    }
  };

  const run = async (): Promise<void> => {
    let retryMs = FIRST_RETRY_MS;
    while (!closing.signal.aborted) {
      try {
        await listenOnce(config, closing.signal, async (client) => {
          retryMs = FIRST_RETRY_MS;
          await tellChange(client);
        });
      } catch (error) {
        if (closing.signal.aborted) return;
        options.onFault?.(error);
        await pause(retryMs, closing.signal);
        retryMs = Math.min(retryMs * 2, MAX_RETRY_MS);
      }
    }
  };

  const running = run();
  return {
    close: async () => {
      closing.abort();
      await running;
    },
  };
}

/** Listens on one connection until it breaks (throws) or the signal comes (returns). */
async function listenOnce(
  config: pg.ClientConfig,
  signal: AbortSignal,
  onChange: (client: pg.Client) => Promise<void>,
): Promise<void> {
  const client = new pg.Client(config);
  const wake = new Doorbell();
  const ring = (): void => wake.ring();
  let fault: unknown;
  client.on('error', (error) => {
    fault = error;
    ring();
  });
  client.on('notification', ring);
  signal.addEventListener('abort', ring);
  const timer = setInterval(ring, CHECK_MS);
  try {
    await client.connect();
    await client.query(`LISTEN ${PROMOTION_CHANNEL}`);
    while (!signal.aborted && fault === undefined) {
      // Told after LISTEN and after each ring: whatever is committed from here on rings again.
      await onChange(client);
      await wake.next();
    }
    if (fault !== undefined) throw fault;
  } finally {
    clearInterval(timer);
    signal.removeEventListener('abort', ring);
    await client.end().catch(() => undefined);
  }
}

/** Remembers one ring until somebody asks. */
class Doorbell {
  #rung = false;
  #waiting: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#waiting?.();
  }

  async next(): Promise<void> {
    if (!this.#rung) await new Promise<void>((resolve) => (this.#waiting = resolve));
    this.#rung = false;
  }
}

async function readCurrent(client: pg.Client): Promise<string | undefined> {
  const { rows } = await client.query<{ model_id: string }>(
    `SELECT model_id FROM ${SCHEMA}.promotions ORDER BY id DESC LIMIT 1`,
  );
  return rows[0]?.model_id;
}

function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(done, durationMs);
    signal.addEventListener('abort', done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}
