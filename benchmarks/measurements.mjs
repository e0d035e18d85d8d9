// What benchmarks that measure in rounds share: numbers of the rounds, the machine, the report file.
import { renameSync, writeFileSync } from 'node:fs';
import os from 'node:os';

/** Median, least and largest of what the rounds gave. */
export function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median: rounded(median), min: rounded(sorted[0]), max: rounded(sorted.at(-1)), rounds: sorted.length };
}

export function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Four significant digits: more would be luck. */
export function rounded(value) {
  return Number(value.toPrecision(4));
}

export function machine(loadBefore) {
  return {
    cpu: os.cpus()[0]?.model ?? 'unknown',
    threads: os.availableParallelism(),
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    platform: `${os.platform()} ${os.arch()}`,
    loadBefore: loadBefore.map((load) => Math.round(load * 100) / 100),
  };
}

/** The report appears whole or not at all. */
export function writeReport(file, report) {
  writeFileSync(`${file}.tmp`, `${JSON.stringify(report, null, 2)}\n`);
  renameSync(`${file}.tmp`, file);
}
