import { KindredError, nearestName } from '@kindred/domain';
/** @throws KindredError SETTING_UNKNOWN with the nearest known name */
export function checkSettingNames(method, given, known) {
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
/** A finite number that passes the test. @throws KindredError CONFIG_INVALID */
export function numberSetting(given, name, fallback, rule, isGood) {
  const value = given[name] ?? fallback;
  if (typeof value === 'number' && Number.isFinite(value) && isGood(value)) return value;
  throw new KindredError('CONFIG_INVALID', `${name} is ${rule}, not ${String(value)}`, { field: name });
}
/** Whether a method sees that something happened, or how strongly. */
export const STRENGTHS = ['binary', 'given'];
/** @throws KindredError CONFIG_INVALID */
export function strengthsSetting(given) {
  const value = given.strengths ?? 'binary';
  const found = STRENGTHS.find((name) => name === value);
  if (found !== undefined) return found;
  throw new KindredError('CONFIG_INVALID', `strengths is binary or given, not ${String(value)}`, {
    field: 'strengths',
  });
}
//# sourceMappingURL=settings.js.map
