// The figures of docs/generative.md, between two marks, from the published results.
import { alignedTable } from '../aligned-table.mjs';
import { share } from '../leaderboard/figure-text.mjs';
import { mean } from '../measurements.mjs';
import { getSet } from '../sets.mjs';
import { ADDED_TO, isAugmenting, KIND } from './arms.mjs';
import { NO_ADVERSARY, TUNED_BASE } from './decision.mjs';

/** What docs/generative.md is made of, in the folder `results`. */
export const PUBLISHED = {
  foldIn: 'sparse-users.json',
  transductive: 'sparse-users-transductive.json',
  /** With the generators that the others leave out. */
  family: 'sparse-users-family.json',
  /** With a base that is tuned and augmented. */
  tuned: 'sparse-users-tuned.json',
  /** What `kindred train --augment auto` makes of each log. */
  auto: 'augment-auto.json',
};
const BEGIN = '<!-- made by npm run sparse-users; not to be edited -->';
const END = '<!-- end of what is made -->';
const TITLES = {
  'movielens-time': 'MovieLens-100K',
  'movielens-1m-loo': 'MovieLens-1M',
  'movielens-1m-random': 'MovieLens-1M',
  gowalla: 'Gowalla',
  lastfm: 'Last.fm',
  uci: 'UCI Online Retail',
};
const BASES = { default: 'the default model', 'item-to-item': 'the item-to-item model (EASE; ItemKNN on Gowalla)' };

/** Known items of the users whose lists are told apart. */
const SPREAD_AT = 2;

/**
 * @param {string} page
 * @param {Record<keyof typeof PUBLISHED, object>} reports
 * @returns {string} the page with its figures; as it was where it has no marks
 */
export function withStudy(page, { foldIn, transductive, family, tuned, auto }) {
  const start = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (start < 0 || end < start) return page;
  const figures = [
    sourced(autoFigures(auto), PUBLISHED.auto),
    sourced(figuresOf(foldIn), PUBLISHED.foldIn),
    sourced(familyFigures(family), PUBLISHED.family),
    sourced(tunedFigures(tuned), PUBLISHED.tuned),
    sourced(transductiveFigures(transductive), PUBLISHED.transductive),
  ];
  return `${page.slice(0, start + BEGIN.length)}\n\n${figures.join('\n\n')}\n\n${page.slice(end)}`;
}

function sourced(figures, file) {
  return `${figures}\n\nFrom [results/${file}](../results/${file}).`;
}

export function titleOf(set) {
  return TITLES[set] ?? set;
}

/** An arm's name for a reader: the settings of its generator in words. */
export function armTitle(name) {
  return name
    .replaceAll(NO_ADVERSARY, ', no adversary')
    .replace(/:conditionItems=(\d+)/g, ' of $1 items')
    .replace(/:(body|space)=(\w+)/g, ', $1 $2');
}

/** What was decided, a point for each sentence, in the names of the tables. */
function verdictList(sentences) {
  const sets = new RegExp(`(?<![\\w-])(${Object.keys(TITLES).join('|')})(?![\\w-])`, 'g');
  return sentences.map((sentence) => `- ${armTitle(sentence).replace(sets, titleOf)}`).join('\n');
}

/** What the gate took of each log, and what that was worth on the test. */
function autoFigures({ figures, runs }) {
  const groups = [...new Set(figures.map(({ group }) => group))];
  const sets = [...new Set(figures.map(({ set }) => set))];
  const rows = sets.map((set) => {
    const took = runs.filter((run) => run.set === set && run.status === 'done').map(({ kept }) => kept?.source ?? '—');
    const gains = groups.map((group) => {
      const own = figures.find((figure) => figure.set === set && figure.group === group);
      return gainText(own && { gain: own.difference / own.base, interval: own.interval });
    });
    return [getSet(set).title, took.join(', '), ...gains];
  });
  return [
    '### What `kindred train --augment auto` makes of a log',
    `What it took with each seed (—: nothing), and what that made of NDCG@20 on the test. Cut to 1 to 5: strangers to the model, of whom it knows their first items alone. Few of their own: users of training who have one to seven items by themselves (empty: there are none). \\*: the 95 % interval of the difference over users leaves 0 out.`,
    alignedTable(['data', 'took', ...groups], rows, 2).join('\n'),
  ].join('\n\n');
}

function figuresOf({ summary, verdicts, runs }) {
  const bases = basesOf(summary);
  const sets = [...new Set(summary[bases[0]].map(({ set }) => set))];
  return [
    ...bases.flatMap((base) => baseFigures(base, summary[base], verdicts[base])),
    spreadFigures(runs, sets),
    ...sets.map((set) => `![${titleOf(set)}](../results/sparse-users/${set}.svg)`),
  ].join('\n\n');
}

/** The default first. */
function basesOf(summary) {
  return Object.keys(summary).sort((a, b) => Number(b === 'default') - Number(a === 'default'));
}

/** The same protocol with the rest of the generators. */
function familyFigures({ summary, verdicts }) {
  return [
    '### The rest of the family',
    'The adversarial generators that the tables above leave out, beside the default model:',
    verdictList(verdicts.default.sentences),
    armTable(summary.default).join('\n'),
  ].join('\n\n');
}

/** Whether augmentation adds to what tuning gives. */
function tunedFigures({ summary, verdicts }) {
  return [
    '### A tuned base that is augmented too',
    ...basesOf(summary).flatMap((base) => [
      `Beside ${BASES[base] ?? base}:`,
      verdictList(verdicts[base].sentences.filter((sentence) => sentence.startsWith(TUNED_BASE))),
      tunedTable(summary[base], verdicts[base].tests).join('\n'),
    ]),
  ].join('\n\n');
}

/** A row for each set and number of known items, a column for each source: what it adds to the tuned base. */
function tunedTable(cells, tests) {
  const own = tests.filter(({ question }) => question === 'over the tuned');
  const names = [...new Set(own.map(({ arm }) => arm))];
  const rows = cells
    .filter(({ known }) => isAugmenting(Number(known)))
    .map(({ set, known, users, seeds, arms }) => {
      const { ndcg } = arms[ADDED_TO.tuned];
      const gains = names.map((name) => {
        const test = own.find((each) => each.set === set && each.known === known && each.arm === name);
        return gainText(test && { gain: test.difference / ndcg, interval: test.interval });
      });
      return [
        titleOf(set),
        known,
        String(users),
        String(seeds),
        share(arms[ADDED_TO.base].ndcg),
        share(ndcg),
        ...gains,
      ];
    });
  const titles = names.map((name) => armTitle(name.replace(/^tuned, /, '+ ')));
  return alignedTable(['data', 'known', 'users', 'seeds', 'base', 'tuned', ...titles], rows, 1);
}

/** The same users, trained on with what is known of them. */
function transductiveFigures({ summary, verdicts }) {
  return [
    '### When the sparse users are trained on',
    ...basesOf(summary).flatMap((base) => [`Beside ${BASES[base] ?? base}:`, verdictList(verdicts[base].sentences)]),
    'The default model:',
    armTable(summary.default).join('\n'),
  ].join('\n\n');
}

function baseFigures(base, cells, { sentences }) {
  return [
    `### Beside ${BASES[base] ?? base}`,
    verdictList(sentences),
    `NDCG@20 of the base, and what each arm has more or less of it; \\*: the 95 % interval of the difference over users leaves 0 out.`,
    armTable(cells).join('\n'),
  ];
}

/** Whether what is generated is as various as what people really have; a row for each set, the mean over its runs. */
function spreadFigures(runs, sets) {
  const done = runs.filter(({ status, generated }) => status === 'done' && generated?.[SPREAD_AT] !== undefined);
  const names = [...new Set(done.flatMap(({ generated }) => Object.keys(generated[SPREAD_AT])))];
  const rows = sets.flatMap((set) => {
    const own = done.filter((run) => run.set === set).map(({ generated }) => generated[SPREAD_AT]);
    if (own.length === 0) return [];
    return [[titleOf(set), String(own.length), ...names.map((name) => spreadText(own, name))]];
  });
  return [
    '### Whether what is generated is various',
    `The first ten items of each sparse user of whom ${SPREAD_AT} are known, beside ten that they really have: the share of the catalogue that comes up, the Gini coefficient of how often each item does (0 all alike, 1 one item has everything), and the mean Jaccard overlap of the lists of two users (1 all the same).`,
    alignedTable(
      ['data', 'seeds', ...names.map((name) => (name === 'real' ? 'what they have' : armTitle(name)))],
      rows,
      1,
    ).join('\n'),
  ].join('\n\n');
}

/** Coverage, Gini and Jaccard; empty where a run has not asked the generator. */
function spreadText(generated, name) {
  const figures = generated.flatMap((lists) => (lists[name] === undefined ? [] : [lists[name]]));
  if (figures.length === 0) return '';
  const [coverage, gini, jaccard] = ['coverage', 'gini', 'jaccard'].map((name) =>
    mean(figures.map((each) => each[name])),
  );
  return `${(100 * coverage).toFixed(0)} %, ${share(gini)}, ${share(jaccard)}`;
}

/** A row for each set and number of known items, a column for each arm. */
function armTable(cells) {
  const names = [...new Set(cells.flatMap(({ arms }) => Object.keys(arms)))].filter((name) => name !== 'base');
  const head = ['data', 'known', 'users', 'seeds', 'base', ...names.map(armTitle)];
  const rows = cells.map(({ set, known, users, seeds, arms }) => [
    titleOf(set),
    known === 'warm' ? 'all' : known,
    String(users),
    String(seeds),
    share(arms.base.ndcg),
    ...names.map((name) => gainText(arms[name])),
  ]);
  return alignedTable(head, rows, 1);
}

function gainText(arm) {
  if (arm === undefined) return '';
  const [low, high] = arm.interval;
  const percent = 100 * arm.gain;
  const sign = percent >= 0 ? '+' : '−';
  return `${sign}${Math.abs(percent).toFixed(1)} %${low > 0 || high < 0 ? '\\*' : ''}`;
}

/** Arms of a picture: one of each sort, the best of its sort by the mean over what was asked. */
export function shownArms(cells) {
  const ofKinds = (...kinds) => {
    const names = [
      ...new Set(cells.flatMap(({ arms }) => Object.keys(arms).filter((name) => kinds.includes(arms[name].kind)))),
    ];
    const meanOf = (name) => cells.reduce((sum, { arms }) => sum + (arms[name]?.ndcg ?? 0), 0);
    return names.sort((a, b) => meanOf(b) - meanOf(a)).slice(0, 1);
  };
  return [
    ...ofKinds(KIND.popularity),
    ...ofKinds(KIND.base),
    ...ofKinds(KIND.tuned, KIND.withPopularity),
    ...ofKinds(KIND.self, KIND.neighbours),
    ...ofKinds(KIND.generated),
    ...ofKinds(KIND.adversarial),
    ...ofKinds(KIND.shuffled),
  ];
}
