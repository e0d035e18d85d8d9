// The log that the serving benchmarks run on: the UCI online retail log where KINDRED_DATASETS (default
// ../shared/datasets) has it, else a synthetic shop of its size.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { openLog, syntheticShop } from '@kindred/datasets';
import { datasetRoot } from './sets.mjs';

/** @returns {Promise<{name: string, events: import('@kindred/domain').Event[], items: import('@kindred/datasets').LogItem[]}>} */
export async function shopEvents() {
  const file = path.join(datasetRoot, 'uci-online-retail/transactions.tsv.gz');
  if (!existsSync(file)) {
    const { events, items } = syntheticShop({ users: 4000, items: 3700, events: 390_000, seed: 1 });
    return { name: 'synthetic shop', events, items };
  }
  const log = await openLog({ path: file }, { preset: 'uci-online-retail', nowMs: Date.now() });
  const events = [];
  for await (const verdicts of log.verdicts()) {
    for (const verdict of verdicts) if (verdict.kind === 'event') events.push(verdict.event);
  }
  return { name: 'uci-online-retail', events, items: log.items() };
}
