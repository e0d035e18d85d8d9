export * from './datasets-directory.js';
export * from './describe-environment.js';
export { formatDuration, parseDuration } from './duration.js';
export { type JsonObject, parseJsonObject } from './json-object.js';
export { type Config, type ConfigOverrides, type Environment, readConfig, type SettingKey } from './read-config.js';
export { VARIABLES, type Variable } from './variables.js';
