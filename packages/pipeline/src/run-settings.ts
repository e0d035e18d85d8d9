import { ENGINE_NAMES } from '@kindred/compute';
import { KindredError, nearestName } from '@kindred/domain';
import { checkMeaning, DEFAULT_METHOD, getMethod, resolveSettings } from '@kindred/models';
import { type PairSettingsInput, resolvePairSettings } from '@kindred/pairs';
import { z } from 'zod';

/** What a run can be told, by the command line and by `POST /v1/runs` alike. */
const runSettingsSchema = z.strictObject({
  /** Settings of the pair stage: strengths, split, half-life, … */
  pair: z.record(z.string(), z.unknown()).default({}),
  method: z.string().default(DEFAULT_METHOD),
  /** Settings of the method. */
  set: z.record(z.string(), z.union([z.number(), z.string()])).default({}),
  engine: z.enum(['auto', ...ENGINE_NAMES]).default('auto'),
  seed: z.number().int().min(0).default(1),
  /** The index driver. */
  index: z.enum(['auto', 'hnsw', 'exact']).default('auto'),
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
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    if (issue?.code === 'unrecognized_keys') throw unknownSetting(issue.keys[0] ?? '');
    const field = ['settings', ...(issue?.path ?? [])].join('.');
    throw new KindredError('CONFIG_INVALID', `${field}: ${issue?.message}`, { field });
  }
  const settings = { ...parsed.data, pair: parsed.data.pair as PairSettingsInput };
  resolvePairSettings(settings.pair);
  const declared = getMethod(settings.method).settings;
  checkMeaning(declared, resolveSettings(declared, settings.set));
  return settings;
}

function unknownSetting(name: string): KindredError {
  const known = Object.keys(runSettingsSchema.shape);
  const nearest = nearestName(name, known);
  const hint = nearest === undefined ? `there are ${known.join(', ')}` : `did you mean ${nearest}?`;
  return new KindredError('SETTING_UNKNOWN', `a run has no setting ${name}; ${hint}`, { field: `settings.${name}` });
}
