// One method on one set with one seed, by `kindred benchmark`: the child of leaderboard.mjs.
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { benchmark, inBrief } from '@kindred/pipeline';
import { contenderOf } from './leaderboard/contenders.mjs';
import { leaveLists } from './leaderboard/user-figures.mjs';
import { fiveDecimals } from './measurements.mjs';
import { answerJob } from './run-in-child.mjs';
import { withSet } from './sets.mjs';

const SHOWN = ['recall@20', 'precision@20', 'ndcg@20'];
const progress = { say: (message) => process.stderr.write(`  ${message}\n`), advance: () => undefined };

await answerJob(async ({ set, method, seed, engine, share, kept }) => {
  const out = await mkdtemp(path.join(os.tmpdir(), 'kindred-leaderboard-'));
  try {
    const { method: name, settings, isLearned } = contenderOf(method);
    const asked = { methods: [name], settings, engine, seed, seeds: 1, out, progress };
    const report = await withSet(set, { seed, share }, (opened) => benchmark({ ...opened, ...asked }));
    leaveLists(out, kept);
    return summarise(report, isLearned);
  } finally {
    await rm(out, { recursive: true, force: true });
  }
});

function summarise({ dataset, methods: [measured] }, isLearned) {
  const { engine, seconds, settings, choices, metrics, intervals, buckets, representation } = measured;
  return {
    kind: isLearned ? 'learned' : 'baseline',
    dataset,
    engine,
    seconds,
    chosen: settings,
    // Of validation: what probes set, what joins the vectors, whether own items come first, and why.
    choices: choices && inBrief(choices),
    metrics: pick(metrics),
    intervals: pick(intervals),
    sparsestFifth: bucket(buckets, 'sparsest fifth'),
    usersWithHistory: bucket(buckets, 'users with a history'),
    representation: representation && rounded(representation),
  };
}

function bucket(buckets, name) {
  const found = buckets.find((each) => each.name === name);
  return found && { users: found.users, from: found.from, to: found.to, metrics: pick(found.metrics) };
}

function pick(record) {
  return Object.fromEntries(SHOWN.map((metric) => [metric, rounded(record[metric])]));
}

/** A figure, or the figures in a list or a record; what could not be measured stays undefined. */
function rounded(value) {
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value === 'number') return fiveDecimals(value);
  return value && Object.fromEntries(Object.entries(value).map(([name, part]) => [name, rounded(part)]));
}
