import { KindredError, nearestName } from '@kindred/domain';
import { BASELINES, getBaseline, getMethod, METHODS, resolveSettings } from '@kindred/models';

type Given = Readonly<Record<string, unknown>>;

/** Names of everything that a benchmark can run. */
export const METHOD_NAMES: { readonly learned: readonly string[]; readonly baselines: readonly string[] } = {
  learned: Object.keys(METHODS),
  baselines: Object.keys(BASELINES),
};

const KNOWN_METHODS = [...METHOD_NAMES.learned, ...METHOD_NAMES.baselines];

/** @throws KindredError METHOD_UNKNOWN with the nearest known name */
export function checkMethods(names: readonly string[]): void {
  for (const name of names) {
    if (KNOWN_METHODS.includes(name)) continue;
    throw new KindredError('METHOD_UNKNOWN', `there is no method ${name}; ${unknownHint(name)}`, { field: 'method' });
  }
}

function unknownHint(name: string): string {
  if (name.includes(',')) return 'give each method by itself, as in --method auto --method ease';
  const nearest = nearestName(name, KNOWN_METHODS);
  return nearest === undefined ? `there are ${KNOWN_METHODS.join(', ')}` : `did you mean ${nearest}?`;
}

/**
 * What each method of a benchmark is given: `{lambda: 300}` goes to every method that has the setting,
 * `{ease: {lambda: 300}}` to that one only.
 * @throws KindredError SETTING_UNKNOWN for a setting that none of the methods has; CONFIG_INVALID
 */
export function settingsOfMethods(names: readonly string[], given: Given): ReadonlyMap<string, Given> {
  const settings = new Map<string, Record<string, unknown>>(names.map((name) => [name, {}]));
  for (const [key, value] of Object.entries(given)) {
    if (KNOWN_METHODS.includes(key)) giveToOne(settings, key, value);
    else giveToAll(settings, key, value);
  }
  return settings;
}

function giveToOne(settings: ReadonlyMap<string, Record<string, unknown>>, name: string, value: unknown): void {
  const own = settings.get(name);
  if (own === undefined) {
    throw new KindredError('SETTING_UNKNOWN', `${name} is not among the methods of this benchmark`, { field: name });
  }
  if (typeof value !== 'object' || value === null) {
    throw new KindredError('CONFIG_INVALID', `a setting of ${name} is given as ${name}.key=value`, { field: name });
  }
  check(name, value as Given);
  Object.assign(own, value);
}

function giveToAll(settings: ReadonlyMap<string, Record<string, unknown>>, key: string, value: unknown): void {
  const faults: string[] = [];
  for (const [name, own] of settings) {
    const fault = unknownFault(name, { [key]: value });
    if (fault === undefined) own[key] = value;
    else faults.push(`${name}: ${fault.message}`);
  }
  if (faults.length === settings.size) throw new KindredError('SETTING_UNKNOWN', faults.join('; '), { field: key });
}

function unknownFault(name: string, given: Given): KindredError | undefined {
  try {
    check(name, given);
    return undefined;
  } catch (error) {
    if (error instanceof KindredError && error.code === 'SETTING_UNKNOWN') return error;
    throw error;
  }
}

/** @throws KindredError SETTING_UNKNOWN, CONFIG_INVALID */
function check(name: string, given: Given): void {
  resolveSettings((Object.hasOwn(METHODS, name) ? getMethod(name) : getBaseline(name)).settings, given);
}
