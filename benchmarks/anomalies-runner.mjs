// One log with planted users, judged and ranked on: the child of anomalies.mjs.
import { loadEngine } from '@kindred/compute';
import { plantAnomalies } from '@kindred/datasets';
import { compare, evaluate, trainedCohort } from '@kindred/evaluation';
import { areaUnderCurve } from '@kindred/insights';
import { createBaseline } from '@kindred/models';
import { artefactRecommender } from '@kindred/models/artefact';
import { buildSnapshotInMemory, TEST, UNTIMED, withoutUsers } from '@kindred/pairs';
import { judgeUsers } from '@kindred/pipeline';
import { trainModel } from '@kindred/training';
import { comparisonFigures, fiveDecimals } from './measurements.mjs';
import { answerJob } from './run-in-child.mjs';
import { snapshotOfSet } from './set-snapshot.mjs';

const METRIC = 'ndcg@20';
const BOOTSTRAP = { samples: 10_000, seed: 1 };
const RULES = ['eventsPerHour', 'catalogueShare', 'equalGaps', 'repeatShare'];
const BY_MODEL = ['error', 'unrelatedness'];

await answerJob(async ({ set, seed, engine: engineName, planted, models, critic }) => {
  const { part, log, kindOfUser } = await plantedPart(set, planted, seed);
  const engine = await loadEngine(engineName);
  const started = performance.now();
  const judged = await judgeUsers(log, part, { engine, seed });
  const seconds = { judge: Math.round(performance.now() - started) / 1000 };
  const startedAgain = performance.now();
  const criticised = critic ? await judgeUsers(log, part, { engine, seed, critic }) : undefined;
  if (critic) seconds.judgeWithCritic = Math.round(performance.now() - startedAgain) / 1000;
  say(`${part.users.length} users judged in ${seconds.judge} s`);
  const kinds = part.users.map((id) => kindOfUser.get(id));
  const rows = new Set(judged.flagged.map(({ user }) => user));
  const answer = {
    engine: engine.description,
    dataset: { users: part.users.length, items: part.items.length, train: part.data.positives.columns.length },
    plantedUsers: kinds.filter(Boolean).length,
    threshold: fiveDecimals(judged.threshold),
    found: kindOfUser.size === 0 ? undefined : detectors(judged, kinds, criticised),
    flagged: countFlagged(judged, kinds),
    flaggedWithCritic: criticised && countFlagged(criticised, kinds),
    ndcg: await rankings(
      part,
      withoutUsers(part, (row) => rows.has(row)),
      models,
      engine,
      seed,
    ),
    seconds,
  };
  await engine.dispose();
  return answer;
});

/** The part `evaluate` of a public set, users planted among its training events; the test is that of the real users. */
async function plantedPart(name, share, seed) {
  const real = await snapshotOfSet(name, { seed });
  const log = await real.events();
  const events = (keep) => [...log.user.keys()].filter((at) => keep(log.set[at])).map((at) => eventOf(log, at));
  const train = events((set) => set !== TEST);
  const { events: all, kindOfUser } =
    share > 0 ? plantAnomalies(train, { kinds: kindsOf(log), share, seed }) : { events: train, kindOfUser: new Map() };
  const snapshot = await buildSnapshotInMemory({ train: [all], test: [events((set) => set === TEST)] });
  return { part: await snapshot.part('evaluate'), log: await snapshot.events(), kindOfUser };
}

/** Where nobody takes a thing twice there are no resellers. */
function kindsOf(log) {
  const pairs = new Set(log.user.map((user, at) => user * log.items.length + log.item[at]));
  return pairs.size === log.user.length ? ['bot', 'scraper', 'mixture'] : undefined;
}

function eventOf(log, at) {
  return {
    id: String(at),
    userId: log.users[log.user[at]],
    itemId: log.items[log.item[at]],
    type: log.types[log.type[at]],
    timeMs: log.time[at] === UNTIMED ? undefined : log.time[at],
    value: Number.isNaN(log.value[at]) ? undefined : log.value[at],
    properties: undefined,
  };
}

function countFlagged({ flagged }, kinds) {
  const planted = flagged.filter(({ user }) => kinds[user] !== undefined).length;
  return { planted, others: flagged.length - planted };
}

/** Each rule as it stands, then what is standardised against comparable users and added up. */
function detectors({ signals: unasked, scores }, kinds, criticised) {
  const signals = criticised?.signals ?? unasked;
  const sum = (names) =>
    scores.map((_, user) => names.reduce((total, name) => total + Math.max(0, signals[name].deviations[user]), 0));
  const scoresOf = {
    ...Object.fromEntries(RULES.map((name) => [name, signals[name].values])),
    'all rules': sum(RULES),
    error: signals.error.deviations,
    'error and unrelatedness': sum(BY_MODEL),
    'all rules and error': sum([...RULES, 'error']),
    all: scores,
    ...(criticised && {
      critic: signals.implausibility.deviations,
      'all rules and critic': sum([...RULES, 'implausibility']),
      'all rules, error and critic': sum([...RULES, 'error', 'implausibility']),
      'all and critic': criticised.scores,
    }),
  };
  return Object.fromEntries(Object.entries(scoresOf).map(([name, of]) => [name, detection(of, kinds)]));
}

function detection(scores, kinds) {
  const others = scores.filter((_, user) => kinds[user] === undefined);
  const names = [...new Set(kinds.filter(Boolean))].sort();
  const auc = Object.fromEntries(
    names.map((kind) => [
      kind,
      aucOf(
        scores.filter((_, u) => kinds[u] === kind),
        others,
      ),
    ]),
  );
  const all = aucOf(
    scores.filter((_, user) => kinds[user] !== undefined),
    others,
  );
  return { auc: { ...auc, all }, precision: fiveDecimals(precisionAtRate(scores, kinds)) };
}

/** The chance that a planted user has the larger score; a tie counts half. */
function aucOf(planted, others) {
  return fiveDecimals(areaUnderCurve(planted, others));
}

/** Of as many users as were planted, those with the largest scores: the share that was. Ties go to the real users. */
function precisionAtRate(scores, kinds) {
  const count = kinds.filter(Boolean).length;
  const order = [...scores.keys()].sort(
    (a, b) => scores[b] - scores[a] || (kinds[a] === undefined ? 0 : 1) - (kinds[b] === undefined ? 0 : 1),
  );
  return order.slice(0, count).filter((user) => kinds[user] !== undefined).length / count;
}

/** Everybody's own history asks, whoever was learned from. */
async function rankings(part, reduced, names, engine, seed) {
  const cohort = trainedCohort(part.data, part.heldOut, { mask: 'seen' });
  const matmul = engine.matmul.bind(engine);
  const fits = {
    inductive: async ({ data, users, items }) => {
      const vocabulary = { users, items };
      const { artefact } = await trainModel({ method: 'inductive', data, vocabulary, engine, seed });
      return artefactRecommender(artefact, { matmul });
    },
    ease: ({ data }) => createBaseline('ease', {}, { matmul }).fit(data, seed),
  };
  const ndcg = {};
  for (const name of names) {
    const measure = async (from) =>
      evaluate(await fits[name](from), cohort, { mask: 'seen', cutoffs: [20], keepTop: 0 });
    const withAll = await measure(part);
    const withoutFlagged = reduced === part ? withAll : await measure(reduced);
    ndcg[name] = {
      withAll: fiveDecimals(withAll.metrics[METRIC]),
      withoutFlagged: fiveDecimals(withoutFlagged.metrics[METRIC]),
      // What leaving them out is worth to the same users.
      ...comparisonFigures(compare(withoutFlagged, withAll, METRIC, BOOTSTRAP)),
    };
    say(`${name}: ${JSON.stringify(ndcg[name])}`);
  }
  return ndcg;
}

function say(message) {
  process.stderr.write(`  ${message}\n`);
}
