import type { TrainResult } from '@kindred/pipeline';
import { formatMetric, renderTable } from './output.js';

export const AUGMENT_HELP =
  'what joins the history of users with few items: off, auto (validation decides), or self, neighbours, dae or another method';

type Augmentation = NonNullable<TrainResult['augmentation']>;

/** Every source of pseudo-items beside no augmentation, and what was decided. */
export function augmentationTable({ arms, augmentation, because, sparseUsers, trainedUsers }: Augmentation): string {
  const lines = arms.map(({ source, count, weight, ndcg, without, difference, interval: [low, high], p }) => [
    `${source}${source === augmentation?.source ? ' (kept)' : ''}`,
    `${count} × ${weight}`,
    formatMetric(ndcg),
    formatMetric(without),
    `${difference >= 0 ? '+' : ''}${difference.toFixed(4)}`,
    `${low.toFixed(4)} to ${high.toFixed(4)}`,
    p.toFixed(3),
  ]);
  const table = renderTable(
    ['source', 'items', 'validation ndcg@20', 'without', 'difference', '95 % interval', 'p (Holm)'],
    lines,
  );
  const whom = `${sparseUsers} of ${trainedUsers} trained users have fewer than 8 items.`;
  return `${table}\n${because}. ${whom}`;
}
