// Groups of users of one draw, and what recommenders are worth to each: strangers cut to a few items, and users of training.

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { rowDegrees } from '@kindred/domain';
import { compare, selectUsers } from '@kindred/evaluation';
import { ENOUGH_ITEMS } from '@kindred/models/artefact';
import { comparisonFigures, fiveDecimals, mean, writeReport } from '../measurements.mjs';
import { runPlan } from '../resumable-runs.mjs';
import { measured } from './arms.mjs';
import { acrossSeeds } from './seeds.mjs';
import { warmCohort } from './sparse-cohorts.mjs';

const METRIC = 'ndcg@20';
const BOOTSTRAP = { samples: 10_000, seed: 1 };
const ONE_BASE = 'base';

/** Users of training with all that they have, those with one to seven items apart from those with more. */
export function trainedGroups(users, part) {
  const trained = warmCohort(users, part);
  const lengths = rowDegrees(trained.cohort.histories);
  return {
    'few of their own': usersOf(trained, (row) => lengths[row] < ENOUGH_ITEMS),
    'eight and more': usersOf(trained, (row) => lengths[row] >= ENOUGH_ITEMS),
  };
}

function usersOf({ ids, cohort }, isMeant) {
  const rows = Uint32Array.from([...ids.keys()].filter(isMeant));
  return { ids: Array.from(rows, (row) => ids[row]), cohort: selectUsers(cohort, rows) };
}

/**
 * NDCG@20 of every user of every group that has any.
 * @param {Record<string, {ids: string[], cohort: object}>} groups
 * @param {Record<string, import('@kindred/domain').Recommender>} recommenders by the names of the arms; the same one is asked once
 */
export async function answersOf(groups, recommenders) {
  const answers = {};
  for (const [name, group] of Object.entries(groups)) {
    if (group.ids.length === 0) continue;
    const known = new Map();
    const arms = {};
    for (const [arm, recommender] of Object.entries(recommenders)) {
      if (!known.has(recommender)) known.set(recommender, (await measured(recommender, group)).perUser[METRIC]);
      arms[arm] = { values: Array.from(known.get(recommender)) };
    }
    answers[name] = { users: group.ids, arms };
  }
  return answers;
}

/** Shown on a terminal. */
export function printFigures(figures) {
  console.table(figures.map(({ interval, ...rest }) => ({ ...rest, interval: interval.join(' to ') })));
}

/** Means of each group and arm, for a record of one seed. */
export function meansOf(answers) {
  return Object.fromEntries(
    Object.entries(answers).map(([name, { users, arms }]) => [
      name,
      {
        users: users.length,
        ...Object.fromEntries(Object.entries(arms).map(([arm, { values }]) => [arm, fiveDecimals(mean(values))])),
      },
    ]),
  );
}

/**
 * Does the runs of a plan, each of which leaves its answers in a file, and writes the arms of all of them beside each other.
 * @param {{file: string, kept: string} & object} options those of `runPlan`, and the folder of the answers
 * @param {(run: object) => string} fileOf where the answers of a run lie
 */
export async function runAndCompare({ kept, ...options }, fileOf) {
  mkdirSync(kept, { recursive: true });
  const report = await runPlan({ ...options, isWhole: (run) => existsSync(fileOf(run)) });
  const compared = { ...report, figures: figuresOf(report.runs, report.figures ?? [], fileOf) };
  writeReport(options.file, compared);
  return compared;
}

/**
 * Of each log and method every arm beside the first one, paired user by user over the seeds; whoever was asked in several
 * counts once. Those with answers that are gone keep the figures they had.
 * @param {object[]} runs records of a results file
 * @param {object[]} earlier figures of that file
 * @param {(run: object) => string} fileOf where the answers of a run lie
 */
function figuresOf(runs, earlier, fileOf) {
  const done = runs.filter(({ status }) => status === 'done');
  const pieces = new Map(done.map(({ set, method }) => [`${set} ${method}`, { set, method }]));
  return [...pieces.values()].flatMap((piece) => {
    const isOfPiece = ({ set, method }) => set === piece.set && method === piece.method;
    const files = done.filter(isOfPiece).map(fileOf);
    if (!files.every(existsSync)) return earlier.filter(isOfPiece);
    return comparedArms(files.map((file) => JSON.parse(readFileSync(file, 'utf8')))).map((figures) => ({
      ...piece,
      ...figures,
    }));
  });
}

function comparedArms(seeds) {
  const groups = acrossSeeds(seeds.map((answers) => ({ [ONE_BASE]: answers }))).get(ONE_BASE) ?? [];
  return groups.flatMap(({ known: group, seeds: count, arms }) => {
    const [[, first], ...others] = Object.entries(arms);
    return others.map(([arm, own]) => ({ group, seeds: count, arm, ...compared(own, first) }));
  });
}

function compared(own, base) {
  const evaluationOf = (model, { values }) => ({
    model,
    userRows: Uint32Array.from(values.keys()),
    perUser: { [METRIC]: Float64Array.from(values) },
  });
  const found = compare(evaluationOf('arm', own), evaluationOf('base', base), METRIC, BOOTSTRAP);
  return {
    users: found.users,
    base: fiveDecimals(mean(base.values)),
    ndcg: fiveDecimals(mean(own.values)),
    ...comparisonFigures(found),
  };
}
