import { KindredError, nearestName } from '@kindred/domain';
import { VARIABLES, type Variable } from './variables.js';

type Variables = typeof VARIABLES;
export type SettingKey = keyof Variables;
type ValueOf<V> = V extends Variable<infer Value> ? Value : never;

/** Every setting by its own name, frozen. */
export type Config = { readonly [Key in SettingKey]: ValueOf<Variables[Key]> } & {
  /** One sentence for each KINDRED_* name of the environment that is no setting. */
  readonly warnings: readonly string[];
};

/** Settings given by flags; they win over the environment. Undefined and empty count as not given. */
export type ConfigOverrides = { readonly [Key in SettingKey]?: string | number | undefined };
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads all settings at once.
 * @param overrides values of command line flags, by setting
 * @throws KindredError CONFIG_INVALID naming every faulty setting; `field` is the first of them
 */
export function readConfig(env: Environment = process.env, overrides: ConfigOverrides = {}): Config {
  const values: Record<string, unknown> = {};
  const faults: { field: string; sentence: string }[] = [];
  for (const key of settingKeys()) {
    const setting = readSetting(key, env, overrides);
    if ('fault' in setting) faults.push({ field: setting.given, sentence: `${setting.given} ${setting.fault}` });
    else values[key] = setting.value;
  }
  const [first] = faults;
  if (first !== undefined) {
    throw new KindredError('CONFIG_INVALID', faults.map((fault) => fault.sentence).join('; '), { field: first.field });
  }
  values.warnings = Object.freeze(unknownNameWarnings(env));
  return Object.freeze(values) as Config;
}

/** The names of all settings, in the order of the table. */
export function settingKeys(): SettingKey[] {
  return Object.keys(VARIABLES) as SettingKey[];
}

export type SettingSource = 'flag' | 'environment' | 'default';
export type ReadSetting =
  | { readonly source: SettingSource; readonly value: unknown }
  /** `given` is the flag or variable at fault, `fault` completes the sentence that begins with it. */
  | { readonly source: SettingSource; readonly given: string; readonly fault: string };

/** One setting with where it came from: flag, else environment, else default. */
export function readSetting(key: SettingKey, env: Environment, overrides: ConfigOverrides = {}): ReadSetting {
  const variable: Variable<unknown> = VARIABLES[key];
  const flagText = String(overrides[key] ?? '');
  const source = flagText !== '' ? 'flag' : 'environment';
  const text = flagText !== '' ? flagText : (env[variable.name] ?? '').trim();
  if (text === '') return { source: 'default', value: variable.fallback() };
  const parsed = variable.schema.safeParse(text);
  if (parsed.success) return { source, value: parsed.data };
  const given = source === 'flag' ? flagOf(variable.name) : variable.name;
  return { source, given, fault: parsed.error.issues[0]?.message ?? 'is invalid' };
}

function flagOf(variableName: string): string {
  return `--${variableName.slice('KINDRED_'.length).toLowerCase().replaceAll('_', '-')}`;
}

/** A sentence for each KINDRED_* name that is not in the table, with the nearest one that is. */
export function unknownNameWarnings(env: Environment): string[] {
  const known: string[] = Object.values(VARIABLES).map((variable) => variable.name);
  const unknown = Object.keys(env).filter((name) => name.startsWith('KINDRED_') && !known.includes(name));
  return unknown.sort().map((name) => {
    const nearest = nearestName(name, known);
    return `${name} is not a setting of Kindred${nearest === undefined ? '' : `; did you mean ${nearest}?`}`;
  });
}
