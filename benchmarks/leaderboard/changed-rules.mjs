// Records whose settings at `auto` came to something else than the rules of today say of the same data: they are kept, for
// what was asked for is the same, and named, for a run of today would be another.
import path from 'node:path';
import { runInChild } from '../run-in-child.mjs';
import { getSet } from '../sets.mjs';
import { openSettings } from './ruled-settings.mjs';

const RUNNER = path.join(import.meta.dirname, 'rules-runner.mjs');

/**
 * @param {object[]} records that were kept
 * @returns {Promise<string[]>} what has changed, and the commands that do those runs again
 */
export async function linesOfChangedRules(records, limitSeconds) {
  const open = records.filter(({ method, chosen }) => chosen !== undefined && openSettings(method).length > 0);
  const changed = [];
  for (const like of grouped(open, dataOf)) {
    const [{ set, seed, settings }] = like;
    const methods = [...new Set(like.map(({ method }) => method))];
    const job = { set, seed, share: settings.share, methods };
    const { answer, because, status } = await runInChild([process.execPath, RUNNER], job, { limitSeconds });
    if (answer === undefined) process.stderr.write(`${set}: its rules are not compared, ${because ?? status}\n`);
    else changed.push(...changedAmong(like, answer.ruled));
  }
  return [...changed.map(({ line }) => line), ...redoCommands(changed.map(({ record }) => record))];
}

/**
 * @param {Record<string, Record<string, number | string>>} ruled open settings of each method, by today's rules
 * @returns {{record: object, line: string}[]} those that differ, and in what
 */
export function changedAmong(records, ruled) {
  return records.flatMap((record) => {
    const { set, method, seed, chosen, revision } = record;
    const differing = Object.entries(ruled[method]).filter(([name, value]) => chosen[name] !== value);
    if (differing.length === 0) return [];
    const said = differing.map(([name, value]) => `${name} ${chosen[name]}, today ${value}`).join('; ');
    return [{ record, line: `${set}, ${method}, seed ${seed} (${revision}) is of older rules: ${said}` }];
  });
}

/** One command for each set. */
export function redoCommands(records) {
  return grouped(records, ({ set }) => set).map((own) => {
    const [{ set }] = own;
    const methods = [...new Set(own.map(({ method }) => method))].join();
    const seeds = Math.max(...own.map(({ seed }) => seed));
    return `npm run leaderboard -- --again --sets ${set} --methods ${methods} --seeds ${seeds}`;
  });
}

/** @returns {object[][]} lists of records with the same key */
function grouped(records, keyOf) {
  const groups = new Map();
  for (const record of records) groups.set(keyOf(record), [...(groups.get(keyOf(record)) ?? []), record]);
  return [...groups.values()];
}

/** Records alike in it learned from the same log. */
function dataOf({ set, seed, settings }) {
  return [set, settings.share, getSet(set).seeded === true ? seed : ''].join();
}
