import type { Queues } from '@kindred/queue';
import type { Database } from '@kindred/storage';
import type { Logger } from 'pino';
import type { ApiMetrics } from './api-metrics.js';
import type { ItemTitles } from './item-titles.js';
import type { ModelHost } from './model-host.js';
import type { UnavailableItems } from './unavailable-items.js';
import type { UnlearnedItems } from './unlearned-items.js';

/** What the routes work with. */
export interface ApiContext {
  readonly database: Database;
  /** Undefined where no worker belongs to this API: runs are then refused. */
  readonly queues: Queues | undefined;
  readonly models: ModelHost;
  readonly unavailableItems: UnavailableItems;
  readonly unlearnedItems: UnlearnedItems;
  readonly titles: ItemTitles;
  readonly metrics: ApiMetrics;
  readonly logger: Logger;
  /** Aborted when the API begins to close. */
  readonly closing: AbortSignal;
}
