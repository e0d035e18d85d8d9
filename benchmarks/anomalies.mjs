// Users whom nothing explains: bots, scrapers, resellers and shared accounts are planted into the training events of real
// logs, and found again by simple rules, by the reconstruction error, and by all together. Then the ranking of the real
// users, with everybody learned from and with those that are flagged left out.
//   node benchmarks/anomalies.mjs [--sets uci,movielens-time,lastfm,retailrocket] [--planted 0,0.02,0.05] [--seeds 3] [--models ease,inductive]
//        [--critic] [--limit 1200] [--engine auto] [--again] [--out results/anomalies.json]
// --planted is how many are added, as a share of the users. --critic judges once more, a discriminator asked as well;
// results/anomalies-critic.json is by --critic --planted 0.02 --models '' --limit 7200 --out results/anomalies-critic.json.
// What is standardised, how signals join and what is flagged was decided on other draws (seeds from 101); test events are
// only ranked for.
import path from 'node:path';
import { parseArgs } from 'node:util';
import { spread } from './measurements.mjs';
import { RESUMABLE_FLAGS, runPlan } from './resumable-runs.mjs';
import { presentSets } from './sets.mjs';

const { values: flags } = parseArgs({
  options: {
    ...RESUMABLE_FLAGS,
    sets: { type: 'string', default: 'uci,movielens-time,lastfm,retailrocket' },
    planted: { type: 'string', default: '0,0.02,0.05' },
    seeds: { type: 'string', default: '3' },
    models: { type: 'string', default: 'ease,inductive' },
    critic: { type: 'boolean', default: false },
    limit: { type: 'string', default: '1200' },
    out: { type: 'string', default: path.join(import.meta.dirname, '../results/anomalies.json') },
  },
});

const { runs } = await runPlan({
  file: flags.out,
  benchmark: 'anomalies',
  plan: plan(presentSets(flags.sets.split(','))),
  limitSeconds: Number(flags.limit),
  again: flags.again,
});
const done = runs.filter(({ status }) => status === 'done');
console.log('Planted users found: AUC and precision at the planted rate, median of the seeds (least to most)');
console.table(groups(done.filter(({ found }) => found !== undefined)).flatMap(foundRows));
console.log('NDCG@20 of the real users, and how many users are flagged');
console.table(groups(done).map(rankingRow));

function* plan(sets) {
  const command = [process.execPath, path.join(import.meta.dirname, 'anomalies-runner.mjs')];
  for (const set of sets) {
    for (let seed = 1; seed <= Number(flags.seeds); seed++) {
      for (const planted of flags.planted.split(',').map(Number)) {
        const models = flags.models.split(',').filter(Boolean);
        const settings = { engine: flags.engine, planted, models, critic: flags.critic || undefined };
        yield { set, method: `planted ${planted}`, seed, settings, command, job: { set, seed, ...settings } };
      }
    }
  }
}

/** The seeds of each set and share. */
function groups(all) {
  const names = [...new Set(all.map(({ set, method }) => `${set}, ${method}`))];
  return names.map((name) => ({ name, seeds: all.filter(({ set, method }) => `${set}, ${method}` === name) }));
}

function foundRows({ name, seeds }) {
  return Object.keys(seeds[0].found).map((detector) => {
    const of = (pick) => shown(seeds.map(({ found }) => pick(found[detector])));
    const kinds = Object.keys(seeds[0].found[detector].auc);
    const aucs = Object.fromEntries(kinds.map((kind) => [`AUC ${kind}`, of(({ auc }) => auc[kind])]));
    return { log: name, detector, ...aucs, precision: of(({ precision }) => precision) };
  });
}

function rankingRow({ name, seeds }) {
  const of = (pick) => shown(seeds.map(pick));
  const models = Object.keys(seeds[0].ndcg).flatMap((model) => [
    [model, of(({ ndcg }) => ndcg[model].withAll)],
    [`${model}, flagged left out`, seeds.map(({ ndcg }) => leftOutText(ndcg[model])).join('; ')],
  ]);
  return {
    log: name,
    ...Object.fromEntries(models),
    'planted flagged': of(({ flagged }) => flagged.planted),
    'others flagged': of(({ flagged }) => flagged.others),
  };
}

/** The difference of one draw, with its 95 % interval over users. */
function leftOutText({ difference, interval: [low, high] }) {
  return `${difference} (${low} to ${high})`;
}

function shown(values) {
  const { median, min, max } = spread(values);
  return min === max ? `${median}` : `${median} (${min} to ${max})`;
}
