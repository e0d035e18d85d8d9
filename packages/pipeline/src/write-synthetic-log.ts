import { mkdir, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type EngineName, loadEngine } from '@kindred/compute';
import { KindredError, type LogColumns } from '@kindred/domain';
import { replaceFile } from '@kindred/models/artefact';
import { collectEvents } from '@kindred/pairs';
import { type Database, readEvents } from '@kindred/storage';
import { makeOutputFolder } from './benchmark/benchmark-files.js';
import { type Synthesis, type SynthesisRequest, synthesizeLog } from './synthesize-log.js';

export interface SyntheticLogRequest extends Omit<SynthesisRequest, 'log' | 'engine'> {
  readonly engine: 'auto' | EngineName;
  readonly threads?: number | undefined;
  /** The file of the log, CSV; what was measured stands beside it, in the same name with `.report.json`. */
  readonly out: string;
  /** Write the log even where the disclosure test is not passed. */
  readonly force: boolean;
}

/** What was written, and what was measured of it. */
export interface SyntheticLogReport extends Omit<Synthesis, 'log'> {
  readonly method: string;
  readonly seed: number;
  readonly file: string;
  readonly report: string;
}

/**
 * Writes a synthetic log of the stored events, to be read by `kindred ingest` again, and a report beside it.
 * @throws KindredError USAGE before any work where `out` can't be written; as `synthesizeLog` and `saveSynthesis`
 */
export async function writeSyntheticLog(database: Database, request: SyntheticLogRequest): Promise<SyntheticLogReport> {
  const { out, threads } = request;
  await checkTarget(out);
  const log = await collectEvents(readEvents(database.db));
  const engine = await loadEngine(request.engine, threads === undefined ? {} : { threads });
  try {
    return await saveSynthesis(await synthesizeLog({ ...request, engine, log }), request);
  } finally {
    await engine.dispose();
  }
}

/** Whether a log can be put there with what was measured beside it. @throws KindredError USAGE */
async function checkTarget(out: string): Promise<void> {
  await makeOutputFolder(dirname(out));
  for (const file of [out, reportOf(out), refusalOf(out)]) {
    const found = await stat(file).catch(() => undefined);
    if (found === undefined || found.isFile()) continue;
    const because = found.isDirectory() ? 'is a folder: name a file in it' : 'is no file: name another';
    throw new KindredError('USAGE', `no log can be written: ${file} ${because}`, { field: '--out' });
  }
}

function reportOf(out: string): string {
  return `${out}.report.json`;
}

function refusalOf(out: string): string {
  return `${out}.refused.json`;
}

/**
 * Writes the log and its report where the log may be shared. Where it may not, what was measured goes to
 * `FILE.refused.json`, and an older log stays with the report of its own. The two always belong together: whoever is cut
 * short leaves at most a log without a report.
 * @throws KindredError DISCLOSURE_RISK when the disclosure test fails or can't tell, and nothing is forced: the log is not
 *   written
 */
export async function saveSynthesis(
  { log, ...measured }: Synthesis,
  { out, force, method, seed }: Pick<SyntheticLogRequest, 'out' | 'force' | 'method' | 'seed'>,
): Promise<SyntheticLogReport> {
  const [report, refused] = [reportOf(out), refusalOf(out)];
  await mkdir(dirname(out), { recursive: true });
  const { failures } = measured.disclosure;
  if (failures.length > 0 && !force) {
    await writeJson(refused, { method, seed, ...measured });
    throw new KindredError(
      'DISCLOSURE_RISK',
      `no log was written: ${failures.join('; ')} (${refused} has the figures)`,
    );
  }
  const result = { method, seed, file: out, report, ...measured };
  await rm(report, { force: true });
  await replaceFile(out, csvOf(log));
  await writeJson(report, result);
  await rm(refused, { force: true });
  return result;
}

function writeJson(file: string, value: unknown): Promise<void> {
  return replaceFile(file, [Buffer.from(`${JSON.stringify(value, null, 2)}\n`)]);
}

/** A string has a longest length, a log has not. */
const LINES_AT_ONCE = 50_000;

/** A line an event, so many a piece; the columns of times and values only where there are some. */
function* csvOf(log: LogColumns): Generator<Buffer> {
  const isTimed = log.time.every(Number.isFinite);
  const hasValues = log.value.some((value) => !Number.isNaN(value));
  let lines = [['user', 'item', 'type', ...(isTimed ? ['time'] : []), ...(hasValues ? ['value'] : [])].join(',')];
  for (const [event, user] of log.user.entries()) {
    const value = log.value[event] as number;
    const cells = [
      cell(log.users[user] as string),
      cell(log.items[log.item[event] as number] as string),
      cell(log.types[log.type[event] as number] as string),
      ...(isTimed ? [new Date(log.time[event] as number).toISOString()] : []),
      ...(hasValues ? [Number.isNaN(value) ? '' : String(value)] : []),
    ];
    lines.push(cells.join(','));
    if (lines.length < LINES_AT_ONCE) continue;
    yield Buffer.from(`${lines.join('\n')}\n`);
    lines = [];
  }
  if (lines.length > 0) yield Buffer.from(`${lines.join('\n')}\n`);
}

function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
