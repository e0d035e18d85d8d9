// docs/leaderboard.md from results/leaderboard.json.
import { CROWDED, secondsText, share, withInterval } from './figure-text.mjs';
import { pairedTable } from './paired-table.mjs';
import { representationTable } from './representation-table.mjs';
import { servedLines } from './served-text.mjs';
import { BUSY_LOAD, summarise } from './summary.mjs';

const PAIRED_LEGEND = [
  '- User by user: N@20 of `auto` less that of another method, the same users of the same runs side by side, with the 95 %',
  '  interval over users; who was asked in several seeds counts once, with their mean. Ahead: in how many seeds the interval',
  '  of that seed alone lies above 0. Only for runs that were compared so.',
];
const REPRESENTATION_LEGEND = [
  '- Representation: how the vectors lie, not how they rank ([what each figure is](representation.md)). Methods whose runs',
  '  were measured before it was recorded are not in that table, baselines have no vectors.',
];

/** @returns {string} the whole page; a test compares it with what is committed */
export function leaderboardPage(report) {
  const sets = summarise(report);
  return [
    '# Leaderboard',
    '',
    'Made by `npm run leaderboard` from [results/leaderboard.json](../results/leaderboard.json); not to be edited. Every method',
    'and baseline with its defaults: learned methods choose what is left open on validation that is carved out of train. The',
    'whole catalogue is ranked for every test user, the users without a history included. Pages of the methods:',
    '[docs/methods](methods/README.md).',
    '',
    `${machineLine(report)}`,
    '',
    '- R@20, P@20, N@20: recall, precision and NDCG of the first 20 ([what they are](guide/evaluate.md#what-it-does)), from 0 to',
    '  1, more is better. Methods stand in the order of N@20; those whose intervals overlap much may be level.',
    '- N@20 with the 95 % interval over users (the mean of the intervals of the seeds).',
    '- Seeds: how many, and the lowest and highest N@20 among them.',
    '- Sparsest fifth: N@20 of the users with the shortest histories among those with one. With a history: N@20 without the',
    '  users who are new.',
    '- Training s: seconds, probes on validation included; memory MiB: peak of the whole process, data included.',
    ...(sets.some(({ rows }) => rows.some(({ isCrowded }) => isCrowded)) ? [crowdedLegend(report.machine)] : []),
    ...(sets.some(({ paired }) => paired.length > 0) ? PAIRED_LEGEND : []),
    ...(sets.some(({ rows }) => rows.some(({ representation }) => representation)) ? REPRESENTATION_LEGEND : []),
    '',
    ...sets.flatMap(setSection),
  ].join('\n');
}

function machineLine({ machine, node }) {
  return `${machine.threads} threads of ${machine.cpu}, ${machine.memoryGiB} GiB, ${machine.platform}, Node ${node}. The leaderboard does one run at a time; each record holds the load of the machine before it.`;
}

function crowdedLegend({ threads }) {
  return `- ${CROWDED}: other work ran beside (load above ${BUSY_LOAD * threads} on ${threads} threads before one of the runs): the seconds are more\n  than the method needs, and no measure of one method against another.`;
}

function setSection({ set, title, dataset, sparsest, rows, paired, absent }) {
  const hasNewUsers = dataset !== undefined && dataset.newUsers > 0;
  return [
    `## ${title}`,
    '',
    ...(dataset === undefined ? [] : [datasetLine(set, dataset, sparsest), '']),
    ...(rows.length === 0
      ? []
      : [
          ...table(rows, hasNewUsers),
          '',
          ...servedLines(rows),
          `![${title}](../results/leaderboard/${set}.svg)`,
          '',
          ...pairedTable(paired),
          ...representationTable(rows),
        ]),
    ...(absent.length === 0 ? [] : [...absent.map(absenceLine).filter(isFirst), '']),
  ];
}

function datasetLine(set, { users, items, train, test, testUsers, newUsers, mask }, sparsest) {
  const count = (value) => value.toLocaleString('en-GB');
  const masked = mask === 'seen' ? 'what a user has is not ranked again' : 'what a user has may be ranked again';
  const fifth =
    sparsest === undefined ? '' : ` Sparsest fifth: ${count(sparsest.users)} users with ${range(sparsest)} items.`;
  return `\`--sets ${set}\`: ${count(users)} users, ${count(items)} items, ${count(train)} pairs to learn from, ${count(test)} to find by ${count(testUsers)} users, ${count(newUsers)} of them new; ${masked}.${fifth}`;
}

function range({ from, to }) {
  return from === to ? `${from}` : `${from} to ${to}`;
}

function table(rows, hasNewUsers) {
  const columns = [
    'method',
    'R@20',
    'P@20',
    'N@20',
    'seeds',
    'sparsest fifth',
    'with a history',
    'training s',
    'memory MiB',
  ];
  const cells = rows.map((row) => [
    row.method,
    share(row.metrics['recall@20']),
    share(row.metrics['precision@20']),
    withInterval(row.metrics['ndcg@20'], row.interval),
    row.spread.seeds === 1 ? '1' : `${row.spread.seeds}: ${share(row.spread.low)} to ${share(row.spread.high)}`,
    share(row.sparsestNdcg),
    row.historyNdcg === undefined ? '' : share(row.historyNdcg),
    secondsText(row.seconds, row.isCrowded),
    row.peakRssMiB.toFixed(0),
  ]);
  const shown = [...columns.keys()].filter((column) => hasNewUsers || columns[column] !== 'with a history');
  const line = (values) => `| ${shown.map((column) => values[column]).join(' | ')} |`;
  return [line(columns), line(columns.map((_, column) => (column === 0 ? '---' : '--:'))), ...cells.map(line)];
}

function absenceLine({ method, status, because }) {
  return `- ${method}: ${status}${because === undefined ? '' : ` (${because.replaceAll('\n', ' ')})`}`;
}

function isFirst(line, position, lines) {
  return lines.indexOf(line) === position;
}
