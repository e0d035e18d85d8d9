import { ENGINE_NAMES } from '@kindred/compute';
import { KindredError, nearestName } from '@kindred/domain';
import { checkMeaning, DEFAULT_METHOD, getMethod, resolveSettings } from '@kindred/models';
import { type PairSettingsInput, resolvePairSettings } from '@kindred/pairs';
import { checkSearch, SEARCH_KINDS, type SearchPlan } from '@kindred/training';
import { z } from 'zod';
import { checkAugment, NO_AUGMENTATION } from './augment-model.js';

const MOST_TRIALS = 10_000;
const MOST_SEGMENTS = 1024;

const searchSchema = z.strictObject({
  /** The first of them is what would be trained without a search. */
  trials: z.number().int().min(1).max(MOST_TRIALS),
  kind: oneOf(SEARCH_KINDS).default('random'),
  /** Of the draws. Default: the seed of the run. */
  seed: z.number().int().min(0).optional(),
});

/** What a run can be told, by the command line and by `POST /v1/runs` alike. */
const runSettingsSchema = z.strictObject({
  /** Settings of the pair stage: strengths, split, half-life, … */
  pair: z.record(z.string(), z.unknown()).default({}),
  method: z.string().default(DEFAULT_METHOD),
  /** Settings of the method. */
  set: z.record(z.string(), z.union([z.number(), z.string()])).default({}),
  engine: oneOf(['auto', ...ENGINE_NAMES]).default('auto'),
  seed: z.number().int().min(0).default(1),
  /** Leave users whom nothing explains out of training. */
  excludeAnomalies: z.boolean().default(false),
  /** Look for better settings of the method on validation, in so many trials. */
  search: searchSchema.optional(),
  /** What joins the history of users with few items: `auto` asks validation, `off`, or a source by name. */
  augment: z.string().default(NO_AUGMENTATION),
  /**
   * Segments of users. auto: the method's own where it finds some, else by k-means as many as other seeds find again; a
   * number: so many by k-means; 0: none.
   */
  segments: z.union([z.literal('auto'), z.number().int().min(0).max(MOST_SEGMENTS)]).default('auto'),
  /** The index driver. */
  index: oneOf(['auto', 'hnsw', 'exact']).default('auto'),
  /** Start from this snapshot instead of the newest. */
  snapshotId: z.string().optional(),
  /** Start from this model instead of the newest. */
  modelId: z.string().optional(),
  /** Another model of the same snapshot that evaluate compares with. */
  againstModelId: z.string().optional(),
  /** Promote even where the quality gate refuses. */
  force: z.boolean().default(false),
});

export type RunSettings = Omit<z.output<typeof runSettingsSchema>, 'pair'> & { readonly pair: PairSettingsInput };

/**
 * Checks all settings of a run before anything starts.
 * @throws KindredError SETTING_UNKNOWN, CONFIG_INVALID, METHOD_UNKNOWN naming the setting at fault
 */
export function parseRunSettings(given: unknown): RunSettings {
  const parsed = runSettingsSchema.safeParse(given);
  if (!parsed.success) throw invalidSettings(parsed.error, []);
  const settings = { ...parsed.data, pair: parsed.data.pair as PairSettingsInput };
  resolvePairSettings(settings.pair);
  checkAugment(settings.augment, settings.method);
  const method = getMethod(settings.method);
  checkMeaning(method.settings, resolveSettings(method.settings, settings.set));
  if (settings.search !== undefined) checkSearch(method, settings.set, settings.search.kind);
  return settings;
}

/** Where a benchmark is told of a search, in the words of a run. @throws KindredError SETTING_UNKNOWN, CONFIG_INVALID */
export function parseSearch(given: unknown, seed: number): SearchPlan {
  const parsed = searchSchema.safeParse(given);
  if (!parsed.success) throw invalidSettings(parsed.error, ['search']);
  return { ...parsed.data, seed: parsed.data.seed ?? seed };
}

/** One of a few names; what is none of them is answered with the nearest one. */
function oneOf<const Names extends readonly [string, ...string[]]>(names: Names) {
  return z.enum(names, {
    error: ({ input }) => {
      const nearest = nearestName(String(input), names);
      const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`;
      return `it is one of ${names.join(', ')}, not ${JSON.stringify(input)}${hint}`;
    },
  });
}

/** @param within where what was parsed stands in the settings */
function invalidSettings(error: z.ZodError, within: readonly string[]): KindredError {
  // A mistyped name says more than the name that is missing for it.
  const issue = error.issues.find(({ code }) => code === 'unrecognized_keys') ?? error.issues[0];
  const path = [...within, ...(issue?.path ?? [])];
  if (issue?.code === 'unrecognized_keys') return unknownSetting(path, issue.keys[0] ?? '');
  const field = ['settings', ...path].join('.');
  return new KindredError('CONFIG_INVALID', `${field}: ${issue?.message}`, { field });
}

function unknownSetting(path: readonly PropertyKey[], key: string): KindredError {
  const known = Object.keys(path[0] === 'search' ? searchSchema.shape : runSettingsSchema.shape);
  const nearest = nearestName(key, known);
  const hint = nearest === undefined ? `there are ${known.join(', ')}` : `did you mean ${nearest}?`;
  const name = [...path, key].join('.');
  return new KindredError('SETTING_UNKNOWN', `a run has no setting ${name}; ${hint}`, { field: `settings.${name}` });
}
