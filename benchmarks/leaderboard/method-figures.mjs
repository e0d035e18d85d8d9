// The figures on the pages of docs/methods, from results/leaderboard.json: what stands between two marks.
import { alignedTable } from '../aligned-table.mjs';
import { contenderOf } from './contenders.mjs';
import { CROWDED, secondsText, share, withInterval } from './figure-text.mjs';
import { summarise } from './summary.mjs';

const BEGIN = '<!-- made by npm run leaderboard; not to be edited -->';
const END = '<!-- end of what is made -->';

/** @param {string} page of the method @returns {string} the page with its figures; as it was where it has no marks */
export function withFigures(page, method, report) {
  const start = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (start < 0 || end < start) return page;
  return `${page.slice(0, start + BEGIN.length)}\n\n${figuresOf(method, report)}\n\n${page.slice(end)}`;
}

function figuresOf(method, report) {
  const rows = summarise(report).flatMap((set) => rowsOf(set, method));
  if (rows.length === 0) return 'None yet in [the leaderboard](../leaderboard.md).';
  const variants = rows.some(({ name }) => name !== method);
  const head = ['data', ...(variants ? ['method'] : []), 'Recall@20', 'NDCG@20', 'sparse fifth', 's', 'best there'];
  const cells = rows.map(({ title, name, row, best }) => [
    title,
    ...(variants ? [name] : []),
    share(row.metrics['recall@20']),
    withInterval(row.metrics['ndcg@20'], row.interval),
    share(row.sparsestNdcg),
    secondsText(row.seconds, row.isCrowded),
    best.method === name ? 'itself' : `${best.method} ${share(best.metrics['ndcg@20'])}`,
  ]);
  const texts = variants ? 2 : 1;
  const crowded = rows.some(({ row }) => row.isCrowded) ? ` (${CROWDED} beside other work)` : '';
  return [
    `Of [the leaderboard](../leaderboard.md), defaults, whole catalogue ranked, 95 % intervals over users, seconds of training${crowded}:`,
    '',
    ...alignedTable(head, cells, texts),
  ].join('\n');
}

function rowsOf({ title, rows }, method) {
  const [best] = rows;
  const own = rows.filter((row) => contenderOf(row.method).method === method);
  return own.map((row) => ({ title, name: row.method, row, best }));
}
