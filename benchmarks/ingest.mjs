// Lines a second of `kindred ingest` on the raw UCI log, end to end: gunzip, parse, judge, COPY, merge, commit, fsync.
//   node benchmarks/ingest.mjs [--rounds 3] [--long 4] [--out results/ingest.json]
// Each round is a process of its own with a fresh embedded Postgres (its settings of every day) in a temporary folder
// that is removed; it reads the file twice: the second reading must store nothing. One more process reads a log `--long`
// times as long (the same lines for other customers), to see whether memory stays flat.
import { execFile } from 'node:child_process';
import { createReadStream, existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { createGunzip } from 'node:zlib';
import { ingestLog, openStorage } from '@kindred/pipeline';
import { commandLine, machine, rounded, spread, writeReport } from './measurements.mjs';
import { datasetRoot } from './sets.mjs';

const LOG = path.join(datasetRoot, 'uci-online-retail/transactions.tsv.gz');
const PRESET = 'uci-online-retail';
const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    long: { type: 'string', default: '4' },
    out: { type: 'string', default: path.join(import.meta.dirname, '../results/ingest.json') },
    /** Of the processes that measure: how many times as long the log is. */
    measure: { type: 'string' },
  },
});

if (flags.measure !== undefined) process.stdout.write(JSON.stringify(await measure(Number(flags.measure))));
else if (existsSync(LOG)) await main();
else console.error(`${LOG} is not here: set KINDRED_DATASETS, or kindred datasets pull uci-online-retail`);

async function main() {
  const loadBefore = os.loadavg();
  const rounds = [];
  for (let round = 0; round < Number(flags.rounds); round++) rounds.push(await inProcess(1));
  const long = await inProcess(Number(flags.long));
  const [{ first }] = rounds;
  const results = {
    linesPerSecond: spread(rounds.map((one) => one.first.read / one.first.seconds)),
    linesPerSecondAgain: spread(rounds.map((one) => one.again.read / one.again.seconds)),
    peakRssMiB: spread(rounds.map((one) => one.peakRssMiB)),
    longLog: {
      lines: long.first.read,
      linesPerSecond: rounded(long.first.read / long.first.seconds),
      peakRssMiB: long.peakRssMiB,
    },
    counts: { read: first.read, stored: first.stored, duplicates: first.duplicates, rejected: first.rejected },
  };
  console.table({
    'first reading, lines / s': results.linesPerSecond,
    'read again, lines / s': results.linesPerSecondAgain,
    'peak memory, MiB': results.peakRssMiB,
  });
  console.log(
    `${long.first.read} lines: ${results.longLog.linesPerSecond} lines / s, peak memory ${long.peakRssMiB} MiB`,
  );
  writeReport(flags.out, {
    benchmark: 'ingest',
    command: commandLine(),
    date: new Date().toISOString(),
    machine: machine(loadBefore),
    versions: { node: process.versions.node, postgres: long.postgres },
    settings: { dataset: PRESET, rounds: rounds.length, long: Number(flags.long) },
    results,
  });
}

async function inProcess(times) {
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, [fileURLToPath(import.meta.url), '--measure', String(times)]);
  return JSON.parse(stdout);
}

async function measure(times) {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'kindred-benchmark-'));
  const storage = await openStorage({ databaseUrl: undefined, dataDir, applicationName: 'benchmark' });
  try {
    const { database } = storage;
    const source = () => (times === 1 ? { path: LOG } : { stream: Readable.from(longLog(times)), name: 'long.tsv' });
    const first = await ingestLog(database, source(), { preset: PRESET });
    const peakRssMiB = rounded(process.resourceUsage().maxRSS / 1024);
    const again = times === 1 ? await ingestLog(database, source(), { preset: PRESET }) : undefined;
    for (const { read, stored, duplicates, rejected } of [first, again ?? first]) {
      if (read !== stored + duplicates + rejected.total) throw new Error('a line has no verdict');
    }
    if (again !== undefined && again.stored !== 0) throw new Error(`${again.stored} events were stored twice`);
    const { rows } = await database.pool.query('SHOW server_version');
    return { first, again, peakRssMiB, postgres: rows[0].server_version };
  } finally {
    await storage.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** The log several times over, each time for other customers; the header once. */
async function* longLog(times) {
  for (let copy = 0; copy < times; copy++) {
    let user;
    let text = '';
    for await (const line of createInterface({ input: createReadStream(LOG).pipe(createGunzip()) })) {
      const cells = line.split('\t');
      if (user === undefined) {
        user = cells.indexOf('user_id');
        if (copy === 0) text += `${line}\n`;
        continue;
      }
      if (cells[user] !== '') cells[user] += `-${copy}`;
      text += `${cells.join('\t')}\n`;
      if (text.length < 65_536) continue;
      yield Buffer.from(text);
      text = '';
    }
    yield Buffer.from(text);
  }
}
