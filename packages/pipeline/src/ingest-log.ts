import { describePlan, type LogOptions, type LogPlan, type LogSource, openLog } from '@kindred/datasets';
import { type ErrorCode, type Event, KindredError } from '@kindred/domain';
import {
  addDeadLetters,
  createClaimedIngest,
  type Database,
  failIngest,
  finishIngest,
  type NewDeadLetter,
  storeEvents,
  supersedeDeadLetters,
} from '@kindred/storage';
import { type Progress, silentProgress } from './progress.js';

/** What became of a log: read = stored + duplicates + rejected.total, always. */
export interface IngestReport {
  readonly ingestId: number;
  readonly source: string;
  readonly read: number;
  readonly stored: number;
  readonly duplicates: number;
  readonly rejected: { readonly total: number; readonly byReason: Readonly<Record<string, number>> };
  /** Rejected lines that were kept, to be listed and replayed. */
  readonly deadLetters: number;
  readonly seconds: number;
}

export interface IngestOptions extends Omit<LogOptions, 'nowMs'> {
  readonly progress?: Progress;
  readonly signal?: AbortSignal | undefined;
  /** Told how the log is going to be read, before it is. */
  readonly onPlan?: (plan: LogPlan, lines: readonly string[]) => void;
}

/**
 * Reads a log into the database: every line gets a verdict, events are stored all or not at all, rejected lines
 * become dead letters.
 * @throws KindredError of `openLog` before anything is written; FILE_CORRUPT and INTERRUPTED after which nothing is stored
 */
export async function ingestLog(database: Database, source: LogSource, options: IngestOptions): Promise<IngestReport> {
  const started = performance.now();
  const log = await openLog(source, { ...options, nowMs: Date.now() });
  options.onPlan?.(log.plan, describePlan(log.plan));
  const { id: ingestId, claim } = await createClaimedIngest(database, { source: log.plan.source, plan: log.plan });
  const rejections = new Rejections(database, ingestId);
  const reader = new AcceptedEvents(log.verdicts(), rejections, options);
  try {
    const counts = await storeEvents(database, reader, {
      source: `ingest:${ingestId}`,
      signal: options.signal,
      items: () => log.items(),
      finish: async (trx, stored) => {
        await rejections.flush();
        const { read } = reader;
        const { total: rejected, byReason } = rejections;
        await finishIngest(trx, ingestId, { read, ...pick(stored), rejected, byReason });
        if (rejected > 0) await supersedeDeadLetters(trx, ingestId);
      },
    });
    return {
      ingestId,
      source: log.plan.source,
      read: reader.read,
      ...pick(counts),
      rejected: { total: rejections.total, byReason: rejections.byReason },
      deadLetters: rejections.total,
      seconds: Number(((performance.now() - started) / 1000).toFixed(3)),
    };
  } catch (error) {
    // Where the database is what failed, the ingest is seen as abandoned later on.
    await failIngest(database.db, ingestId, faultOf(error)).catch(() => undefined);
    throw error;
  } finally {
    claim.release();
    await log.close();
  }
}

function pick({ stored, duplicates }: { readonly stored: number; readonly duplicates: number }) {
  return { stored, duplicates };
}

/** An error as it is kept beside what failed. */
export function faultOf(error: unknown): { code: ErrorCode; message: string } {
  if (error instanceof KindredError) return { code: error.code, message: error.message };
  return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) };
}

type Verdicts = ReturnType<Awaited<ReturnType<typeof openLog>>['verdicts']>;

/** The accepted events of a log, in batches, while the rejected lines go to the dead letters. */
class AcceptedEvents implements AsyncIterable<Event[]> {
  read = 0;

  constructor(
    private readonly verdicts: Verdicts,
    private readonly rejections: Rejections,
    private readonly options: IngestOptions,
  ) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Event[]> {
    const progress = this.options.progress ?? silentProgress;
    for await (const batch of this.verdicts) {
      if (this.options.signal?.aborted === true) throw new KindredError('INTERRUPTED', 'the ingest was interrupted');
      const events: Event[] = [];
      for (const verdict of batch) {
        if (verdict.kind === 'event') events.push(verdict.event);
        else this.rejections.add(verdict);
      }
      this.read += batch.length;
      await this.rejections.flushWhenFull();
      progress.advance('lines read', this.read, undefined);
      yield events;
    }
  }
}

const LETTERS_PER_WRITE = 5000;

/** Counts rejected lines and keeps them as dead letters. */
class Rejections {
  total = 0;
  readonly byReason: Record<string, number> = {};
  #pending: NewDeadLetter[] = [];

  constructor(
    private readonly database: Database,
    private readonly ingestId: number,
  ) {}

  add(letter: NewDeadLetter): void {
    this.total++;
    this.byReason[letter.code] = (this.byReason[letter.code] ?? 0) + 1;
    this.#pending.push(letter);
  }

  async flushWhenFull(): Promise<void> {
    if (this.#pending.length >= LETTERS_PER_WRITE) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#pending.length === 0) return;
    const letters = this.#pending;
    this.#pending = [];
    await addDeadLetters(this.database.db, this.ingestId, letters);
  }
}
