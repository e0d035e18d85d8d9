import { type Environment, readSetting, type SettingSource, settingKeys, unknownNameWarnings } from './read-config.js';
import { VARIABLES, type Variable } from './variables.js';

/** One row of `kindred doctor --env`. */
export interface SettingDescription {
  readonly name: string;
  readonly type: string;
  readonly default: string;
  readonly description: string;
  readonly source: SettingSource;
  /** The value in force, passwords hidden; undefined where there is none or where it is faulty. */
  readonly value: string | undefined;
  /** What is wrong with the value that was given. */
  readonly fault: string | undefined;
}

export interface EnvironmentDescription {
  readonly settings: readonly SettingDescription[];
  /** One sentence for each KINDRED_* name that is no setting. */
  readonly warnings: readonly string[];
}

/** What each setting is, what it is set to and by whom. Never throws: faults are part of the answer. */
export function describeEnvironment(env: Environment = process.env): EnvironmentDescription {
  return {
    settings: settingKeys().map((key) => {
      const variable: Variable<unknown> = VARIABLES[key];
      const setting = readSetting(key, env);
      return {
        name: variable.name,
        type: variable.type,
        default: variable.fallbackText ?? String(variable.fallback()),
        description: variable.description,
        source: setting.source,
        value: 'fault' in setting ? undefined : textOf(setting.value),
        fault: 'fault' in setting ? setting.fault : undefined,
      };
    }),
    warnings: unknownNameWarnings(env),
  };
}

function textOf(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  return hidePassword(typeof value === 'object' ? JSON.stringify(value) : String(value));
}

/** A URL fit for logs: its password, if any, shown as `***`. Any other text is returned as it is. */
export function hidePassword(text: string): string {
  if (!URL.canParse(text)) return text;
  const url = new URL(text);
  if (url.searchParams.has('password')) url.searchParams.set('password', '***');
  if (url.password !== '') url.password = '***';
  return url.host === '' ? text : url.href;
}
