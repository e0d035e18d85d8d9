import type { TrainResult } from '@kindred/pipeline';
import { formatMetric, renderTable } from './output.js';

export const AUGMENT_HELP =
  'what helps users with few items: off, auto (validation decides), popularity, or items that join their history, by self, neighbours, dae or another method';

type Augmentation = NonNullable<TrainResult['augmentation']>;

/** Every source that was compared beside no augmentation, and what was decided. */
export function augmentationTable(decided: Augmentation): string {
  const { arms, leftOut, augmentation, because, sparseUsers, trainedUsers } = decided;
  const lines = arms.map(({ source, count, weight, ndcg, without, difference, interval: [low, high], p, sparse }) => [
    `${source}${source === augmentation?.source ? ' (kept)' : ''}`,
    count > 0 ? `${count} × ${weight}` : `prior × ${1 + weight}`,
    formatMetric(ndcg),
    formatMetric(without),
    `${difference >= 0 ? '+' : ''}${difference.toFixed(4)}`,
    `${low.toFixed(4)} to ${high.toFixed(4)}`,
    p.toFixed(3),
    sparse.users > 0 ? `${formatMetric(sparse.ndcg)} of ${formatMetric(sparse.without)} (${sparse.users})` : '',
  ]);
  const columns = ['source', 'what', 'validation ndcg@20', 'without', 'difference', '95 % interval', 'p (Holm)'];
  return [
    ...(lines.length === 0 ? [] : [renderTable([...columns, 'few by themselves'], lines)]),
    ...leftOut.map((each) => `${each.source} learned nothing and is left out: ${each.because}`),
    `${because}. ${sparseUsers} of ${trainedUsers} trained users have fewer than 8 items.`,
  ].join('\n');
}
