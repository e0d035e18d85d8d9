// What benchmarks that measure in rounds share: numbers of the rounds, the machine, the report file.
import { renameSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

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

/** Of figures between 0 and 1. */
export function fiveDecimals(value) {
  return Number(value.toFixed(5));
}

/** What `compare` of two models found, for a record. @param {import('@kindred/evaluation').Comparison} comparison */
export function comparisonFigures({ difference, interval, pPermutation }) {
  return {
    difference: fiveDecimals(difference),
    interval: interval.map(fiveDecimals),
    p: fiveDecimals(pPermutation),
  };
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

const root = path.join(import.meta.dirname, '..');

/**
 * The command of this process as a person types it in the repository. Where a trial went is left out: only an `--out` in
 * results/ is part of it.
 * @param {{without?: string[], more?: Record<string, string>}} [changes] flags to leave out, and to name in their place
 */
export function commandLine({ without = [], more = {} } = {}) {
  const [program, ...given] = process.argv.slice(1);
  const kept = flagsOf(given).filter(([name]) => !without.includes(name));
  const flags = [...kept, ...Object.entries(more)].flatMap(([name, value]) => {
    if (name !== 'out' || value === undefined) return [[name, value]];
    const file = path.relative(root, path.resolve(value));
    return file.startsWith('results') ? [[name, file]] : [];
  });
  const words = flags.flatMap(([name, value]) => [`--${name}`, ...(value === undefined ? [] : [quoted(value)])]);
  return ['node', path.relative(root, program), ...words].join(' ');
}

/** @returns {[name: string, value: string | undefined][]} of `--name value`, `--name=value` and `--name` */
function flagsOf(words) {
  const flags = [];
  for (const word of words) {
    const [, name, value] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (name !== undefined) flags.push([name, value]);
    else flags.at(-1)[1] = word;
  }
  return flags;
}

function quoted(value) {
  return /^[\w.,:=/+-]+$/.test(value) ? value : `'${value}'`;
}

/** The report appears whole or not at all. */
export function writeReport(file, report) {
  writeFileSync(`${file}.tmp`, `${JSON.stringify(report, null, 2)}\n`);
  renameSync(`${file}.tmp`, file);
}
