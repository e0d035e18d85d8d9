import { KindredError, nearestName } from '@kindred/domain';

/** A number, or `auto`: a rule of the method decides from the data. */
export type SettingValue = number | 'auto';
export type Settings = Readonly<Record<string, SettingValue>>;

/** One setting of a method: what `kindred train --set name=value` accepts, and what the help says of it. */
export interface SettingDeclaration {
  readonly name: string;
  /** One sentence. */
  readonly description: string;
  readonly default: SettingValue;
  readonly minimum: number;
  readonly maximum: number;
  readonly whole?: boolean;
}

/** A declaration in one line. @param range smallest and largest value */
export function declareSetting(
  name: string,
  value: SettingValue,
  [minimum, maximum]: readonly [number, number],
  description: string,
  whole = false,
): SettingDeclaration {
  return { name, default: value, minimum, maximum, description, whole };
}

/**
 * The settings of a method with what was given put over the defaults. Numbers may come as text.
 * @throws KindredError SETTING_UNKNOWN with the nearest known name; CONFIG_INVALID when a value is out of its range
 */
export function resolveSettings(
  declared: readonly SettingDeclaration[],
  given: Readonly<Record<string, unknown>>,
): Settings {
  const settings: Record<string, SettingValue> = {};
  for (const declaration of declared) settings[declaration.name] = declaration.default;
  for (const [name, value] of Object.entries(given)) {
    const declaration = declared.find((candidate) => candidate.name === name);
    if (declaration === undefined) throw unknownSetting(name, declared);
    settings[name] = readValue(declaration, value);
  }
  return settings;
}

/** A value that is not left to a rule, else what the rule says. */
export function settingOr(settings: Settings, name: string, rule: () => number): number {
  const value = settings[name];
  return typeof value === 'number' ? value : rule();
}

/** The value of a setting that no rule decides. */
export function getSetting(settings: Settings, name: string): number {
  const value = settings[name];
  if (typeof value !== 'number') throw new KindredError('CONFIG_INVALID', `${name} has no value`, { field: name });
  return value;
}

function readValue(declaration: SettingDeclaration, value: unknown): SettingValue {
  const { name, minimum, maximum, whole } = declaration;
  const open = declaration.default === 'auto';
  if (open && value === 'auto') return 'auto';
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  const fits = typeof number === 'number' && number >= minimum && number <= maximum;
  if (!fits || (whole && !Number.isInteger(number))) {
    const kind = `${whole ? 'a whole number' : 'a number'} from ${minimum} to ${maximum}${open ? ', or auto' : ''}`;
    throw new KindredError('CONFIG_INVALID', `${name} is ${JSON.stringify(value)}; it must be ${kind}`, {
      field: name,
    });
  }
  return number;
}

function unknownSetting(name: string, declared: readonly SettingDeclaration[]): KindredError {
  const names = declared.map((declaration) => declaration.name);
  const nearest = nearestName(name, names);
  const hint = nearest === undefined ? `it takes ${names.join(', ')}` : `the nearest is ${nearest}`;
  return new KindredError('SETTING_UNKNOWN', `the method has no setting ${name}; ${hint}`, { field: name });
}
