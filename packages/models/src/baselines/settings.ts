import { KindredError, nearestName } from '@kindred/domain';

/** Settings from outside (`--set key=value`), not yet checked. */
export type GivenSettings = Readonly<Record<string, unknown>>;

/** @throws KindredError SETTING_UNKNOWN with the nearest known name */
export function checkSettingNames(method: string, given: GivenSettings, known: readonly string[]): void {
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    const nearest = nearestName(name, known);
    const hint =
      nearest === undefined
        ? `; it has ${known.length === 0 ? 'none' : known.join(', ')}`
        : `; did you mean ${nearest}?`;
    throw new KindredError('SETTING_UNKNOWN', `${method} has no setting ${name}${hint}`, { field: name });
  }
}

/** A finite number that passes the test; may come as text. @throws KindredError CONFIG_INVALID */
export function numberSetting(
  given: GivenSettings,
  name: string,
  fallback: number,
  rule: string,
  isGood: (value: number) => boolean,
): number {
  const raw = given[name] ?? fallback;
  const value = typeof raw === 'string' && raw.trim() !== '' ? Number(raw) : raw;
  if (typeof value === 'number' && Number.isFinite(value) && isGood(value)) return value;
  throw new KindredError('CONFIG_INVALID', `${name} is ${rule}, not ${String(raw)}`, { field: name });
}

/** Whether a method sees that something happened, or how strongly. */
const STRENGTHS = ['binary', 'given'] as const;
export type Strengths = (typeof STRENGTHS)[number];

/** @throws KindredError CONFIG_INVALID */
export function strengthsSetting(given: GivenSettings): Strengths {
  const value = given.strengths ?? 'binary';
  const found = STRENGTHS.find((name) => name === value);
  if (found !== undefined) return found;
  throw new KindredError('CONFIG_INVALID', `strengths is binary or given, not ${String(value)}`, {
    field: 'strengths',
  });
}
