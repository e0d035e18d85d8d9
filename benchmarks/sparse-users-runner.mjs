// One set with one seed: the child of sparse-users.mjs. Bases and generators are trained once, then every number of known
// items and every arm is answered by them. In the transductive regime bases are trained for each number of known items.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { loadEngine } from '@kindred/compute';
import { rowDegrees } from '@kindred/domain';
import { giniCoefficient } from '@kindred/evaluation';
import { ENOUGH_ITEMS } from '@kindred/models/artefact';
import { fiveDecimals, mean } from './measurements.mjs';
import { answerJob } from './run-in-child.mjs';
import {
  augmentedArm,
  bestOf,
  denseArm,
  fixedArm,
  isAugmenting,
  KIND,
  measured,
  tried,
  tunedAndAugmentedArm,
} from './sparse-users/arms.mjs';
import { defaultBase, itemToItemBase, popularityRecommender, trainGenerator } from './sparse-users/models.mjs';
import {
  diversityOf,
  generatedLists,
  neighbourLists,
  ownLists,
  popularLists,
  shuffledLists,
} from './sparse-users/sources.mjs';
import { sparseCohort, warmCohort } from './sparse-users/sparse-cohorts.mjs';
import { drawSparseUsers, readSparseLog } from './sparse-users/sparse-log.mjs';

const say = (message) => process.stderr.write(`  ${message}\n`);
const progress = { say, advance: () => undefined };
const PER_USER = 'ndcg@20';

await answerJob(async (job) => {
  const { set, seed, share, regime, known, plain, adversarial, perUserFile, generatorsFolder } = job;
  const engine = await loadEngine(job.engine);
  const tools = { engine, seed, matmul: engine.matmul.bind(engine), progress };
  const clock = stopwatch();
  const log = await readSparseLog(set, { share, seed });
  const drawn = await drawSparseUsers(log, { seed });
  const part = await drawn.snapshot.part('serve');
  const counts = { validation: drawn.validation.length, test: drawn.test.length, warm: drawn.warm.length };
  say(`${part.users.length} users to learn from, ${part.items.length} items, sparse: ${JSON.stringify(counts)}`);
  const generators = [];
  for (const [isAdversarial, specs] of [
    [false, plain],
    [true, adversarial],
  ]) {
    for (const spec of specs) {
      const folder = path.join(generatorsFolder, [set, share, seed, engine.name, encodeURIComponent(spec)].join(' '));
      generators.push({ isAdversarial, ...(await trainGenerator(spec, drawn.snapshot, part, tools, folder)) });
      say(`${spec} after ${clock()} s`);
    }
  }
  const study = { job, drawn, part, generators, tools };
  const answers = regime === 'fold-in' ? await foldedIn(study) : await learnedToo(study, log);
  say(`answered after ${clock()} s`);
  writeFileSync(perUserFile, JSON.stringify(answers.perUser));
  await engine.dispose();
  return {
    engine: engine.description,
    dataset: {
      users: part.users.length,
      items: part.items.length,
      train: part.data.positives.columns.length,
      ...counts,
    },
    generators: Object.fromEntries(generators.map(({ spec, settings }) => [spec, settings])),
    ...answers.figures,
    seconds: { all: clock() },
    known,
  };
});

/** Sparse users are in nothing that was trained. */
async function foldedIn(study) {
  const { job, drawn, part } = study;
  const bases = await basesOf(study, drawn.snapshot, part);
  const results = [];
  for (const known of job.known) {
    const halfOf = (users) => sparseCohort(users, part.items, known, part.users.length);
    results.push(
      await answered(study, bases, part, known, { validation: halfOf(drawn.validation), test: halfOf(drawn.test) }),
    );
    say(`${known} known items answered`);
  }
  const warm = await answeredWarm(study, bases, part, results);
  return gathered(bases, results, warm);
}

/** Bases are trained anew for each number of known items, with these among what they learn from. */
async function learnedToo(study, log) {
  const { job } = study;
  const results = [];
  let bases;
  let part;
  for (const known of job.known) {
    const drawn = await drawSparseUsers(log, { seed: job.seed, learnedItems: known });
    part = await drawn.snapshot.part('serve');
    bases = await basesOf(study, drawn.snapshot, part);
    const positions = new Map(part.users.map((id, position) => [id, position]));
    const halfOf = (users) => sparseCohort(users, part.items, known, part.users.length, positions);
    results.push(
      await answered(study, bases, part, known, { validation: halfOf(drawn.validation), test: halfOf(drawn.test) }),
    );
    say(`${known} known items answered`);
  }
  // Those who were not made sparse, by the bases of the last number of known items.
  return gathered(bases, results, await answeredWarm(study, bases, part, results));
}

async function basesOf({ job, tools }, snapshot, part) {
  const clock = stopwatch();
  const bases = [];
  if (job.bases.includes('item-to-item')) bases.push({ key: 'item-to-item', ...(await itemToItemBase(part, tools)) });
  say(`item-to-item base after ${clock()} s`);
  const learned = job.bases.find((base) => base !== 'item-to-item');
  if (learned !== undefined) bases.push({ key: 'default', ...(await defaultBase(snapshot, part, learned, tools)) });
  say(`bases after ${clock()} s`);
  return bases;
}

/** All arms at one number of known items. */
async function answered(study, bases, part, known, halves) {
  await addLists(study, part, halves.validation);
  await addLists(study, part, halves.test);
  const byBase = {};
  for (const base of bases) {
    for (const half of Object.values(halves))
      half.lists.self = isAugmenting(known) ? await ownLists(base.plain, half) : [];
    const found = await armsAnswered(armsOf(study, base, part), known, halves);
    byBase[base.key] = await armsAnswered(tunedAndAugmentedArms(study, base, found), known, halves, found);
  }
  return { known, ids: halves.test.ids, byBase, generated: diversities(study, known, halves.test) };
}

/** What the sources expect that are the same for every base. */
async function addLists({ job, generators }, part, half) {
  const lists = {
    neighbours: neighbourLists(part.data.positives)(half),
    'random-popular': popularLists(part.data.positives, job.seed)(half),
  };
  for (const { spec, plain, isAdversarial } of generators) {
    lists[spec] = await generatedLists(plain, half);
    if (isAdversarial) lists[`${spec} shuffled`] = shuffledLists(lists[spec], half, job.seed);
  }
  half.lists = lists;
}

function armsOf({ job, generators }, base, part) {
  const popular = popularityRecommender(part.data);
  return [
    fixedArm(KIND.popularity, 'popularity', [{ label: '', recommender: popular }]),
    fixedArm(KIND.base, 'base', [{ label: '', recommender: base.plain }]),
    fixedArm(KIND.tuned, 'tuned', base.tuned),
    fixedArm(KIND.withPopularity, 'with popularity', base.withPopularity),
    augmentedArm(KIND.self, 'self', base, 'self'),
    augmentedArm(KIND.neighbours, 'neighbours', base, 'neighbours'),
    augmentedArm(KIND.randomPopular, 'random-popular', base, 'random-popular'),
    ...(job.refit && base.refitted ? [augmentedArm(KIND.refitted, 'self, refitted', base, 'self', base.refitted)] : []),
    // The default's contract is a few items of one weight: a dense history is a question to the item-to-item model.
    ...(job.dense && base.key === 'item-to-item'
      ? generators.map(({ spec, distributionOf }) => denseArm(KIND.dense, `${spec}, dense`, base, distributionOf))
      : []),
    ...generators.flatMap(({ spec, isAdversarial, rankers }) => [
      augmentedArm(isAdversarial ? KIND.adversarial : KIND.generated, spec, base, spec),
      ...(isAdversarial ? [augmentedArm(KIND.shuffled, `${spec} shuffled`, base, `${spec} shuffled`)] : []),
      fixedArm(KIND.ranker, `${spec} as ranker`, rankers),
    ]),
  ];
}

/** Beside the protocol: the tuned base with what the sources without an adversary expect. */
function tunedAndAugmentedArms({ job, generators }, base, found) {
  if (!job.tunedAndAugmented) return [];
  const plain = generators.filter(({ isAdversarial }) => !isAdversarial).map(({ spec }) => spec);
  return ['self', 'neighbours', ...plain].map((source) =>
    tunedAndAugmentedArm(KIND.tunedAndAugmented, `tuned, ${source}`, base, source, found),
  );
}

/** @param before arms that are answered already */
async function armsAnswered(arms, known, { validation, test }, before = {}) {
  const found = { ...before };
  for (const arm of arms) {
    if (arm.adds !== undefined && !isAugmenting(known)) {
      // Nothing is added to so many items.
      found[arm.name] = { ...found[arm.adds], kind: arm.kind, chosen: 'nothing is added', trials: [] };
      continue;
    }
    const trials = arm.trials.length > 1 ? await tried(arm, validation) : [];
    const chosen = arm.trials[trials.length > 1 ? bestOf(trials) : 0];
    const { perUser, metrics } = await measured(await chosen.recommenderOf(test), test);
    found[arm.name] = { kind: arm.kind, chosen: chosen.label, trials: trials.map(fiveDecimals), metrics, perUser };
  }
  return found;
}

/** Users of training, each arm as one choice for all numbers of known items has it. */
async function answeredWarm(study, bases, part, results) {
  const warm = { ...warmCohort(study.drawn.warm, part), lists: {} };
  if (warm.ids.length === 0) return [];
  const isShort = rowDegrees(warm.cohort.histories).some((length) => length < ENOUGH_ITEMS);
  if (isShort) await addLists(study, part, warm);
  const byBase = {};
  for (const base of bases) {
    if (isShort) warm.lists.self = await ownLists(base.plain, warm);
    const found = {};
    for (const arm of armsOf(study, base, part)) {
      if (arm.kind === KIND.tuned || arm.kind === KIND.withPopularity) continue; // tuned for short histories alone
      if (arm.adds !== undefined && !isShort) {
        found[arm.name] = { ...found[arm.adds], kind: arm.kind, chosen: 'nothing is added' };
        continue;
      }
      const chosen = arm.trials[commonChoice(arm, base, results)];
      const { perUser, metrics } = await measured(await chosen.recommenderOf(warm), warm);
      found[arm.name] = { kind: arm.kind, chosen: chosen.label, metrics, perUser };
    }
    byBase[base.key] = found;
  }
  return [{ known: 'warm', ids: warm.ids, byBase, generated: {} }];
}

/** The trial that is best on validation over all numbers of known items that are augmented. */
function commonChoice(arm, base, results) {
  const tables = results.map(({ byBase }) => byBase[base.key][arm.name].trials).filter((trials) => trials.length > 0);
  if (tables.length === 0) return 0;
  return bestOf(tables[0].map((_, trial) => mean(tables.map((figures) => figures[trial]))));
}

/** Whether generated items are as various as real ones. */
function diversities({ job, drawn, generators }, known, half) {
  if (!isAugmenting(known)) return {};
  const { itemCount } = half.cohort;
  const figures = (lists) => {
    const { coverage, counts, jaccard } = diversityOf(lists, itemCount, job.seed);
    return {
      coverage: fiveDecimals(coverage),
      gini: fiveDecimals(giniCoefficient(counts)),
      jaccard: fiveDecimals(jaccard),
    };
  };
  const real = drawn.test.map(({ items }) => items.slice(known));
  const numbers = new Map([...new Set(real.flat())].map((id, number) => [id, number]));
  return {
    real: figures(real.map((items) => items.map((id) => numbers.get(id)))),
    ...Object.fromEntries(generators.map(({ spec }) => [spec, figures(half.lists[spec])])),
  };
}

/** Figures for the report, and those of single users for the file beside it. */
function gathered(bases, results, warm) {
  const all = [...results, ...warm];
  const each = (of) =>
    Object.fromEntries(
      bases.map(({ key }) => [
        key,
        Object.fromEntries(all.map((result) => [result.known, of(result, result.byBase[key])])),
      ]),
    );
  const entries = (arms, of) => Object.fromEntries(Object.entries(arms).map(([name, arm]) => [name, of(arm)]));
  return {
    perUser: each(({ ids }, arms) => ({
      users: ids,
      arms: entries(arms, ({ kind, perUser }) => ({ kind, values: Array.from(perUser[PER_USER], fiveDecimals) })),
    })),
    figures: {
      bases: Object.fromEntries(bases.map(({ key, name, settings }) => [key, { name, settings }])),
      arms: each((_, arms) => entries(arms, ({ perUser: _single, ...arm }) => arm)),
      generated: Object.fromEntries(results.map(({ known, generated }) => [known, generated])),
    },
  };
}

function stopwatch() {
  const started = performance.now();
  return () => Math.round((performance.now() - started) / 100) / 10;
}
