import { join } from 'node:path';
import type { Engine } from '@kindred/compute';
import { KindredError } from '@kindred/domain';
import type { Mask } from '@kindred/evaluation';
import type { SnapshotInMemory } from '@kindred/pairs';
import { checkSearch, hasEpochs, type SearchPlan, type SearchResult } from '@kindred/training';
import type { Progress } from '../progress.js';
import { getSearched, searchMethod } from '../search/search-method.js';
import { openTrialLog } from '../search/trial-log.js';

type Given = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

/** What the searches of a benchmark work with. */
interface BenchmarkSearch {
  readonly search?: SearchPlan | undefined;
  /** What each method is given. */
  readonly settings: Given;
  readonly engine: Engine;
  readonly snapshot: SnapshotInMemory;
  readonly mask: Mask;
  readonly seed: number;
  readonly out: string;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Whether the search has something to do, before any work.
 * @throws KindredError CONFIG_INVALID when none of the methods declares a space, or nothing is left of one
 */
export function checkSearches(names: readonly string[], settings: Given, plan: SearchPlan): void {
  const searchable = names.filter(isSearchable);
  if (searchable.length === 0) {
    const field = 'search';
    throw new KindredError('CONFIG_INVALID', `none of ${names.join(', ')} declares a setting to search`, { field });
  }
  for (const name of searchable) checkSearch(getSearched(name), settings.get(name) ?? {}, kindFor(name, plan));
}

/**
 * Searches the settings of each method that declares a space, on the validation that is carved out of train. What was
 * measured stays in search.METHOD.jsonl of the output folder, so that the same command goes on where it was stopped.
 */
export async function searchMethods(
  request: BenchmarkSearch,
  names: readonly string[],
): Promise<ReadonlyMap<string, SearchResult>> {
  const { search: plan, settings, engine, snapshot, mask, seed, out, progress, signal } = request;
  const results = new Map<string, SearchResult>();
  if (plan === undefined) return results;
  const part = await snapshot.part('select');
  for (const method of names) {
    if (!isSearchable(method)) {
      progress.say(`${method} declares no setting to search: it keeps those it has`);
      continue;
    }
    const kind = kindFor(method, plan);
    const whole = kind === plan.kind ? '' : ', each of them whole: it has no epochs for halving to divide';
    progress.say(`searching settings of ${method} in ${plan.trials} trials${whole}`);
    const fit = { method, settings: settings.get(method) ?? {}, engine, seed, mask, progress, signal };
    const log = await openTrialLog(join(out, `search.${method}.jsonl`));
    results.set(
      method,
      await searchMethod(part, { fit, plan: { ...plan, kind }, log, record: (_, train) => train(signal) }),
    );
  }
  return results;
}

function isSearchable(name: string): boolean {
  return getSearched(name).settings.some(({ search }) => search !== undefined);
}

/** Halving for what is done in epochs; most baselines are not, and a draw of them is tried whole. */
function kindFor(name: string, { kind }: SearchPlan): SearchPlan['kind'] {
  return hasEpochs(getSearched(name)) ? kind : 'random';
}
