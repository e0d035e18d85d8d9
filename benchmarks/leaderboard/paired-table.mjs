// The default method beside each other one, user by user, as a table below that of the ranking.
import { alignedTable } from '../aligned-table.mjs';
import { share } from './figure-text.mjs';

/** @param {import('./comparisons.mjs').PairedMethods[]} paired of one set @returns {string[]} lines of Markdown */
export function pairedTable(paired) {
  if (paired.length === 0) return [];
  const [{ reference }] = paired;
  const nearest = [...paired].sort((a, b) => a.together.difference - b.together.difference);
  const head = ['method', `N@20 of ${reference} less its own`, '95 %', `${reference} ÷ it`, 'users', 'ahead'];
  const cells = nearest.map(({ method, seeds, together }) => [
    method,
    signed(together.difference),
    together.interval.map(signed).join(' to '),
    together.ratio.toFixed(3),
    together.users.toLocaleString('en-GB'),
    `${seeds.filter(({ interval }) => interval[0] > 0).length} of ${seeds.length}`,
  ]);
  return ['### User by user', '', ...alignedTable(head, cells, 1), ''];
}

function signed(value) {
  return `${value < 0 ? '−' : '+'}${share(Math.abs(value))}`;
}
