// Does augmentation help users of whom little is known, and does an adversary help augmentation? A fifth of the users with
// 20 items or more is known by its first 1, 2, 3, 5 or 8 items; popularity, two bases, what tuning alone gives, pseudo-items
// from several sources and generators are measured on the same users; a rule fixed beforehand (docs/augmentation.md) decides.
//   npm run sparse-users -- [--small] [--sets movielens-time,movielens-1m-loo,gowalla,lastfm,uci] [--seeds 5]
//        [--known 1,2,3,5,8] [--bases item-to-item,auto] [--plain dae,…] [--adversarial conditional-gan,ganmf]
//        [--regime fold-in | transductive [--refit]] [--dense] [--tuned-and-augmented] [--samples 10000] [--limit 3600] [--share 1] [--engine auto] [--again]
//        [--pages-only] [--kept TMPDIR/kindred-sparse-users] [--out results/sparse-users.json, results/sparse-users-transductive.json]
// --small: MovieLens-100K, two seeds, into results/sparse-users-small.json. A generator is a method, with settings behind it
// where they are not the defaults: conditional-gan:adversarialWeight=0. --refit: also an EASE that learns from its own
// pseudo-items. --dense: also the item-to-item model with the whole catalogue in the history, each item by its chance.
// --tuned-and-augmented: also what the sources without an adversary add to a base that is tuned for that number of items.
// Figures of single users lie in --kept; where they are gone a run that is asked for is done again, and a set that is not
// asked for counts by its means and tests in --out. Generators lie there too, so that both regimes, and a run with another
// base, train each once; after a change of a generator's code, --again or an empty --kept.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { writeReport } from './measurements.mjs';
import { RESUMABLE_FLAGS, runPlan } from './resumable-runs.mjs';
import { presentSets } from './sets.mjs';
import { decide, testedCell } from './sparse-users/decision.mjs';
import { PUBLISHED, withStudy } from './sparse-users/page.mjs';
import { studyPicture } from './sparse-users/picture.mjs';
import { acrossSeeds } from './sparse-users/seeds.mjs';
import { printFigures, summaryOf } from './sparse-users/summary.mjs';

const results = path.join(import.meta.dirname, '../results');
const { values: flags } = parseArgs({
  options: {
    ...RESUMABLE_FLAGS,
    small: { type: 'boolean', default: false },
    known: { type: 'string', default: '1,2,3,5,8' },
    bases: { type: 'string', default: 'item-to-item,auto' },
    plain: { type: 'string', default: 'dae:conditionItems=8,conditional-gan:adversarialWeight=0' },
    adversarial: { type: 'string', default: 'conditional-gan,ganmf' },
    regime: { type: 'string', default: 'fold-in' },
    refit: { type: 'boolean', default: false },
    dense: { type: 'boolean', default: false },
    'tuned-and-augmented': { type: 'boolean', default: false },
    samples: { type: 'string', default: '10000' },
    kept: { type: 'string', default: path.join(os.tmpdir(), 'kindred-sparse-users') },
    'pages-only': { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});
const names = (text) => text.split(',').filter((name) => name !== '');
const sets = names(
  flags.sets ?? (flags.small ? 'movielens-time' : 'movielens-time,movielens-1m-loo,gowalla,lastfm,uci'),
);
const seeds = Number(flags.seeds ?? (flags.small ? 2 : 5));
const generatorsFolder = path.join(flags.kept, 'generators');
const out = flags.out ?? path.join(results, `sparse-users${outSuffix()}.json`);
if (!['fold-in', 'transductive'].includes(flags.regime)) throw new Error(`there is no regime ${flags.regime}`);
if (flags.refit && flags.regime === 'fold-in') throw new Error('--refit needs --regime transductive');
mkdirSync(flags.kept, { recursive: true });
if (flags.again) rmSync(generatorsFolder, { recursive: true, force: true });

if (flags['pages-only']) {
  writePages();
  process.exit();
}

const report = await runPlan({
  file: out,
  benchmark: 'sparse-users',
  plan: plan(presentSets(sets)),
  limitSeconds: Number(flags.limit),
  again: flags.again,
  isWhole: (run) => existsSync(perUserFile(run)),
});
const decided = decidedOf(report);
const whole = { ...report, summary: decided.summary, verdicts: decided.verdicts };
writeReport(out, whole);
printFigures(decided, report.runs);
const isPublished = Object.values(PUBLISHED).some((name) => path.join(results, name) === path.resolve(out));
if (isPublished) writePages();

/** The figures of docs/generative.md, and a picture for each set. */
function writePages() {
  const page = path.join(results, '../docs/generative.md');
  const reports = Object.fromEntries(
    Object.entries(PUBLISHED).map(([name, file]) => [name, JSON.parse(readFileSync(path.join(results, file), 'utf8'))]),
  );
  writeFileSync(page, withStudy(readFileSync(page, 'utf8'), reports));
  const { summary } = reports.foldIn;
  const pictures = path.join(results, 'sparse-users');
  mkdirSync(pictures, { recursive: true });
  for (const set of new Set(Object.values(summary).flatMap((cells) => cells.map((cell) => cell.set)))) {
    writeFileSync(path.join(pictures, `${set}.svg`), studyPicture(set, summary));
  }
}

function* plan(present) {
  const { engine, regime } = flags;
  // The engine decides rounding alone: a run counts whichever did it, and says which.
  const settings = {
    share: Number(flags.share),
    known: names(flags.known).map(Number),
    bases: names(flags.bases),
    plain: names(flags.plain),
    adversarial: names(flags.adversarial),
    // Absent where it is not asked for, so that runs of before are kept.
    ...(flags.refit && { refit: true }),
    ...(flags.dense && { dense: true }),
    ...(flags['tuned-and-augmented'] && { tunedAndAugmented: true }),
  };
  const command = [process.execPath, path.join(import.meta.dirname, 'sparse-users-runner.mjs')];
  for (const set of present) {
    for (let seed = 1; seed <= seeds; seed++) {
      const asked = { set, method: regime, seed };
      const job = { ...settings, engine, set, seed, regime, perUserFile: perUserFile(asked), generatorsFolder };
      yield { ...asked, settings, command, job };
    }
  }
}

function outSuffix() {
  const regime = flags.regime === 'transductive' ? '-transductive' : '';
  return flags.small ? `${regime}-small` : regime;
}

function perUserFile({ set, method, seed }) {
  return path.join(flags.kept, `${path.basename(out, '.json')}.${set}.${method}.${seed}.json`);
}

/**
 * What the runs of the regime say together, for each base. A set that was not asked for and whose figures of single users
 * are gone keeps the means and tests that the file has.
 */
function decidedOf(report) {
  const samples = Number(flags.samples);
  const bases = new Map();
  const add = (base, summary, tested) => {
    const own = bases.get(base) ?? { summary: [], tested: [] };
    bases.set(base, { summary: [...own.summary, ...summary], tested: [...own.tested, ...tested] });
  };
  const done = report.runs.filter((run) => run.method === flags.regime && run.status === 'done');
  for (const set of new Set(done.map((run) => run.set))) {
    const readable = done.filter((run) => run.set === set && existsSync(perUserFile(run)));
    const isAsked = sets.includes(set);
    for (const [base, { summary, tests }] of isAsked || readable.length > 0 ? [] : storedFigures(report, set)) {
      add(
        base,
        summary,
        summary.map((cell) => ({ ...cell, tests: tests.filter(({ known }) => known === cell.known) })),
      );
    }
    const together = acrossSeeds(readable.map((run) => JSON.parse(readFileSync(perUserFile(run), 'utf8'))));
    for (const [base, figures] of together) {
      const cells = figures.map((cell) => ({ set, ...cell }));
      const summary = summaryOf(cells, { samples: Math.min(samples, 1000) });
      add(
        base,
        summary,
        cells.map((cell) => testedCell(cell, { samples })),
      );
    }
  }
  const each = (of) => Object.fromEntries([...bases].map(([base, own]) => [base, of(own)]));
  return { summary: each(({ summary }) => summary), verdicts: each(({ tested }) => decide(tested)) };
}

/** By base: what the file says of a set. */
function storedFigures({ summary = {}, verdicts = {} }, set) {
  const own = (entries) => entries.filter((entry) => entry.set === set);
  return Object.keys(summary).map((base) => [base, { summary: own(summary[base]), tests: own(verdicts[base].tests) }]);
}
