// Every method and baseline side by side on the public sets, with its defaults:
//   npm run leaderboard -- [--sets cfgan,lastfm,movielens-time,retailrocket,uci] [--methods auto,ease] [--seeds 3]
//        [--paired] [--limit 3600] [--share 1] [--engine auto] [--again] [--pages-only] [--kept TMPDIR/kindred-leaderboard]
//        [--out results/leaderboard.json]
// Each (set, method, seed) is a process of its own. What the results file holds with the same settings is kept, so the
// work can be done in pieces; --again does the chosen pieces anew (after a change of code, say). Kept runs whose settings at
// `auto` came to something else than the rules of today say of the same data are named, with the command that does them anew. Figures of single users lie
// in --kept, and auto is compared user by user with each method whose figures are there; with --paired a run whose figures
// are gone is done again: npm run leaderboard -- --paired --sets movielens-1m-random --methods auto,ease. Then the page
// docs/leaderboard.md, a picture for each set and the figures on the methods' pages are made of the whole file; the table of
// docs/methods/auto.md of results/defaults.json and results/defaults-tensorflow.json (--methods auto, --engine wasm and
// tensorflow, --out the file). --share takes a part of the users: for a
// look at whether it runs; give it an --out of its own, beside which the pages are not made.
// The test parts are read for these figures only: nothing is chosen on them.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { linesOfChangedRules } from './leaderboard/changed-rules.mjs';
import { comparisonsOf, mergeComparisons } from './leaderboard/comparisons.mjs';
import { allContenders, contenderOf } from './leaderboard/contenders.mjs';
import { withDefaults } from './leaderboard/defaults-table.mjs';
import { withFigures } from './leaderboard/method-figures.mjs';
import { leaderboardPage } from './leaderboard/page.mjs';
import { setPicture } from './leaderboard/picture.mjs';
import { summarise } from './leaderboard/summary.mjs';
import { keepUserFigures, userFiguresOf } from './leaderboard/user-figures.mjs';
import { writeReport } from './measurements.mjs';
import { RESUMABLE_FLAGS, readReport, runPlan } from './resumable-runs.mjs';
import { getSet, presentSets } from './sets.mjs';

const SMALL_SETS = 'cfgan,lastfm,movielens-time,retailrocket,uci';
/** Baselines whose random start moves their figures: the others run once where the split is fixed. */
const DRAWING_BASELINES = ['ials', 'bpr-mf'];

const root = path.join(import.meta.dirname, '..');
const committed = path.join(root, 'results/leaderboard.json');
const { values: flags } = parseArgs({
  options: {
    ...RESUMABLE_FLAGS,
    sets: { type: 'string', default: SMALL_SETS },
    methods: { type: 'string', default: allContenders().join(',') },
    seeds: { type: 'string', default: '3' },
    paired: { type: 'boolean', default: false },
    kept: { type: 'string', default: path.join(os.tmpdir(), 'kindred-leaderboard') },
    'pages-only': { type: 'boolean', default: false },
    out: { type: 'string', default: committed },
  },
});

if (flags.share !== '1' && path.resolve(flags.out) === path.resolve(committed)) {
  throw new Error('with --share the figures are no results: give --out another file');
}
if (!flags['pages-only']) {
  const began = new Date().toISOString();
  const asked = [];
  const { runs, ...measured } = await runPlan({
    file: flags.out,
    benchmark: 'leaderboard',
    plan: plan(presentSets(flags.sets.split(','))),
    limitSeconds: Number(flags.limit),
    again: flags.again,
    methodsFlag: (methods) => (allContenders().every((name) => methods.includes(name)) ? [] : methods),
    isWhole: (run) => !flags.paired || userFiguresOf(run, keptFolder(run)) !== undefined,
    complete: async (run) => keepUserFigures(run, keptFolder(run)),
    onRecord: (run) => asked.push(run),
  });
  const kept = asked.filter(({ status, date }) => status === 'done' && date < began);
  for (const line of await linesOfChangedRules(kept, Number(flags.limit))) console.log(line);
  const compared = comparisonsOf(runs, (run) => userFiguresOf(run, keptFolder(run)));
  const comparisons = mergeComparisons(measured.comparisons, compared, runs);
  if (comparisons.length > 0) writeReport(flags.out, { ...measured, comparisons, runs });
}
const report = readReport(flags.out);
for (const { title, rows } of summarise(report)) {
  console.log(`\n${title}`);
  console.table(rows.map(({ method, metrics, seconds, peakRssMiB }) => ({ method, ...metrics, seconds, peakRssMiB })));
}
if (path.resolve(flags.out) === path.resolve(committed)) writePages(report);

function* plan(sets) {
  const methods = flags.methods.split(',');
  const share = Number(flags.share);
  for (const set of sets) {
    for (let seed = 1; seed <= Number(flags.seeds); seed++) {
      for (const method of methods) {
        if (seed > 1 && !isDrawn(set, method)) continue;
        const { mask = 'seen', pair } = getSet(set);
        const { defaults, settings: given } = contenderOf(method);
        const base = { engine: flags.engine, share, mask, pair: pair?.(seed) ?? {}, defaults };
        const settings = Object.keys(given).length === 0 ? base : { ...base, given };
        const command = [process.execPath, path.join(import.meta.dirname, 'leaderboard-runner.mjs')];
        const job = { set, method, seed, engine: flags.engine, share, kept: keptFolder({ set, method, seed }) };
        yield { set, method, seed, settings, command, job };
      }
    }
  }
}

/** Where the figures of single users lie: that folder while they are made, then a file of its name. */
function keptFolder({ set, method, seed }) {
  return path.join(flags.kept, path.basename(flags.out, '.json'), `${set}.${method}.${seed}`);
}

/** Whether another seed gives another figure. */
function isDrawn(set, method) {
  return contenderOf(method).isLearned || DRAWING_BASELINES.includes(method) || getSet(set).seeded === true;
}

function writePages(whole) {
  const pictures = path.join(root, 'results/leaderboard');
  mkdirSync(pictures, { recursive: true });
  for (const summary of summarise(whole)) {
    writeFileSync(path.join(pictures, `${summary.set}.svg`), setPicture(summary));
  }
  writeFileSync(path.join(root, 'docs/leaderboard.md'), leaderboardPage(whole));
  const pages = path.join(root, 'docs/methods');
  for (const name of readdirSync(pages)) {
    const file = path.join(pages, name);
    writeFileSync(file, withFigures(readFileSync(file, 'utf8'), path.parse(name).name, whole));
  }
  const auto = path.join(pages, 'auto.md');
  const [npmInstall, tensorflow] = ['', '-tensorflow'].map((suffix) =>
    readReport(path.join(root, `results/defaults${suffix}.json`)),
  );
  writeFileSync(auto, withDefaults(readFileSync(auto, 'utf8'), npmInstall, tensorflow));
}
