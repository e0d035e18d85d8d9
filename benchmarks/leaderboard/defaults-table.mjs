// The figures of the default method on docs/methods/auto.md: what stands between two marks, of the whole runs that
// results/defaults.json (the engine that a plain npm install gives) and results/defaults-tensorflow.json hold.
import { alignedTable } from '../aligned-table.mjs';
import { mean } from '../measurements.mjs';
import { SETS } from '../sets.mjs';
import { CROWDED, secondsText, share } from './figure-text.mjs';
import { isCrowded } from './summary.mjs';

const BEGIN = '<!-- made by npm run leaderboard of the runs with no setting given; not to be edited -->';
const END = '<!-- end of those runs -->';

/** The set whose papers give the precision. */
const BY_PRECISION = 'cfgan';

/** What stands beside: published, or measured beforehand with settings tuned on validation. */
const BESIDE = {
  cfgan: 'EASE .4370, best published .4375',
  lastfm: 'GF-CF .2160, EASE .2081',
  gowalla: 'GF-CF .1538, LightGCN + BSL .1590',
  'movielens-time': 'recent popularity .2275, EASE .2248',
  uci: 'EASE .1065, recent popularity .0910',
  'uci-repurchase': "the user's own counts .3435",
  retailrocket: 'EASE, tuned, .0984; ItemKNN .0595',
};

/**
 * @param {string} page docs/methods/auto.md
 * @param {{runs?: object[]}} npmInstall @param {{runs?: object[]}} tensorflow reports of leaderboard.mjs
 * @returns {string} the page with its table
 */
export function withDefaults(page, npmInstall, tensorflow) {
  const start = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (start < 0 || end < start) throw new Error('docs/methods/auto.md has lost the marks of its table');
  const table = tableOf(npmInstall, tensorflow);
  const legend = table.some((line) => line.includes(CROWDED)) ? ['', `${CROWDED} beside other work.`] : [];
  return `${page.slice(0, start + BEGIN.length)}\n\n${[...table, ...legend].join('\n')}\n\n${page.slice(end)}`;
}

function tableOf(npmInstall, tensorflow) {
  const head = [
    'data',
    'beside it, NDCG@20',
    'Recall@20, known',
    'NDCG@20, known',
    'seeds',
    'sparse fifth',
    's',
    's, TensorFlow',
  ];
  const sets = Object.keys(BESIDE).filter((set) => runsOf(npmInstall, set).length > 0);
  return alignedTable(
    head,
    sets.map((set) => rowOf(set, npmInstall, tensorflow)),
    2,
  );
}

function rowOf(set, npmInstall, tensorflow) {
  const runs = runsOf(npmInstall, set);
  const others = runsOf(tensorflow, set);
  const knownBy = (metric) => runs.map(({ usersWithHistory }) => usersWithHistory.metrics[metric]);
  const known = knownBy('ndcg@20');
  const spread = runs.length > 1 ? ` (${share(Math.min(...known))} to ${share(Math.max(...known))})` : '';
  const precision = share(mean(knownBy('precision@20')));
  return [
    set === BY_PRECISION ? `${SETS[set].title} (P@20 ${precision})` : SETS[set].title,
    BESIDE[set],
    share(mean(knownBy('recall@20'))),
    `${share(mean(known))}${spread}`,
    String(runs.length),
    share(mean(runs.map(({ sparsestFifth }) => sparsestFifth.metrics['ndcg@20']))),
    secondsOf(runs, npmInstall),
    others.length === 0 ? '–' : secondsOf(others, tensorflow),
  ];
}

function runsOf({ runs = [] }, name) {
  return runs.filter(({ set, method, status }) => set === name && method === 'auto' && status === 'done');
}

/** Of a whole benchmark but for reading the files: probes, training, ranking. */
function secondsOf(runs, { machine }) {
  return secondsText(mean(runs.map(({ seconds }) => seconds.total)), isCrowded(runs, machine));
}
