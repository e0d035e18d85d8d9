import { resolve } from 'node:path';
import { z } from 'zod';
import { findDefaultDatasets } from './datasets-directory.js';
import { parseDuration } from './duration.js';
import { type JsonObject, parseJsonObject } from './json-object.js';

/** One setting: its name in the environment, how its text becomes a value, and what it is for. */
export interface Variable<Value> {
  readonly name: `KINDRED_${string}`;
  /** What a person may write, in a few words. */
  readonly type: string;
  /** The value that holds when nothing is given. */
  readonly fallback: () => Value;
  /** The default in words, where its value alone would not say it. */
  readonly fallbackText?: string;
  readonly description: string;
  /** From text to value; the issue's message completes the sentence "NAME …". */
  readonly schema: z.ZodType<Value, string>;
}

function variable<Value>(definition: Variable<Value>): Variable<Value> {
  return definition;
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
const ENGINES = ['auto', 'tensorflow', 'wasm', 'webgpu', 'cpu'] as const;

/**
 * Every setting of Kindred, in the order in which `kindred doctor --env` lists them.
 * A setting that is not in this table does not exist.
 */
export const VARIABLES = {
  databaseUrl: variable<string | undefined>({
    name: 'KINDRED_DATABASE_URL',
    type: 'postgres:// URL',
    fallback: () => undefined,
    fallbackText: 'an embedded server in the data directory',
    description: 'The PostgreSQL server (14 or newer) that holds events, runs and models.',
    schema: url(['postgres:', 'postgresql:'], 'postgres://user:password@host:5432/database'),
  }),
  redisUrl: variable<string | undefined>({
    name: 'KINDRED_REDIS_URL',
    type: 'redis:// or rediss:// URL',
    fallback: () => undefined,
    fallbackText: 'the queue lives in PostgreSQL',
    description: 'The Redis server that holds the job queue; set it with maxmemory-policy noeviction.',
    schema: url(['redis:', 'rediss:'], 'redis://:password@host:6379'),
  }),
  dataDir: variable<string>({
    name: 'KINDRED_DATA_DIR',
    type: 'folder',
    fallback: () => resolve('.kindred'),
    fallbackText: '.kindred in the working directory',
    description: 'Where snapshots, models, run logs and the embedded database are kept.',
    schema: folder(),
  }),
  datasetsDir: variable<string | undefined>({
    name: 'KINDRED_DATASETS',
    type: 'folder',
    fallback: findDefaultDatasets,
    fallbackText: '../shared/datasets beside the repository, when it is there',
    description: 'The folder of named data sets that `kindred demo` and `kindred datasets` look in.',
    schema: folder(),
  }),
  host: variable<string>({
    name: 'KINDRED_HOST',
    type: 'host name or address',
    fallback: () => '127.0.0.1',
    description: 'The address that the API listens on; 0.0.0.0 opens it to the network.',
    schema: z.string().regex(/^[A-Za-z0-9._:-]+$/, 'is not a host name or address'),
  }),
  port: variable<number>({
    name: 'KINDRED_PORT',
    type: 'whole number 0 to 65535',
    fallback: () => 8080,
    description: 'The port that the API listens on; 0 takes a free one.',
    schema: wholeNumber(0, 65_535),
  }),
  logLevel: variable<(typeof LOG_LEVELS)[number]>({
    name: 'KINDRED_LOG_LEVEL',
    type: LOG_LEVELS.join(' | '),
    fallback: () => 'info',
    description: 'The least severe kind of line that is logged.',
    schema: oneOf(LOG_LEVELS),
  }),
  engine: variable<(typeof ENGINES)[number]>({
    name: 'KINDRED_ENGINE',
    type: ENGINES.join(' | '),
    fallback: () => 'auto',
    description: 'The TensorFlow.js engine that trains; auto takes the fastest that loads.',
    schema: oneOf(ENGINES),
  }),
  threads: variable<number | undefined>({
    name: 'KINDRED_THREADS',
    type: 'whole number 1 to 1024',
    fallback: () => undefined,
    fallbackText: 'as many as the machine has cores',
    description: 'How many threads training and index building may use.',
    schema: wholeNumber(1, 1024),
  }),
  retrainEveryMs: variable<number | undefined>({
    name: 'KINDRED_RETRAIN_EVERY',
    type: 'duration, e.g. 24h',
    fallback: () => undefined,
    fallbackText: 'only when asked for',
    description: 'How often a run from pair to promote is started by itself; at least one minute.',
    schema: duration(60_000),
  }),
  retrainSettings: variable<JsonObject>({
    name: 'KINDRED_RETRAIN_SETTINGS',
    type: 'JSON object, e.g. {"augment":"auto"}',
    fallback: () => Object.freeze({}),
    fallbackText: '{}: the defaults of a run',
    description: 'The settings of the runs that KINDRED_RETRAIN_EVERY starts, those that POST /v1/runs takes.',
    schema: jsonObject('{"augment":"auto"}'),
  }),
  shutdownGraceMs: variable<number>({
    name: 'KINDRED_SHUTDOWN_GRACE',
    type: 'duration, e.g. 20s',
    fallback: () => 20_000,
    fallbackText: '20s',
    description: 'How long running requests and jobs may go on after SIGTERM before they are interrupted.',
    schema: duration(0),
  }),
} as const;

function url(protocols: readonly string[], example: string) {
  return z.string().refine(
    (text) => {
      const parsed = URL.canParse(text) ? new URL(text) : undefined;
      return parsed !== undefined && protocols.includes(parsed.protocol) && parsed.hostname !== '';
    },
    { error: `is not a URL of the form ${example} (characters such as @ : / in a password are written %40 %3A %2F)` },
  );
}

function folder() {
  return z
    .string()
    .refine((text) => !text.includes('\0'), { error: 'holds a NUL character' })
    .transform((text) => resolve(text));
}

function wholeNumber(least: number, most: number) {
  return z
    .string()
    .regex(/^\d{1,9}$/, `is not a whole number from ${least} to ${most}`)
    .transform(Number)
    .refine((value) => value >= least && value <= most, { error: `is not a whole number from ${least} to ${most}` });
}

function oneOf<const Names extends readonly [string, ...string[]]>(names: Names) {
  return z
    .string()
    .transform((text) => text.toLowerCase())
    .pipe(z.enum(names, { error: `is not one of ${names.join(', ')}` }));
}

function duration(leastMs: number) {
  return z.string().transform((text, context) => {
    const parsedMs = parseDuration(text);
    if (parsedMs !== undefined && parsedMs >= leastMs) return parsedMs;
    const bound = leastMs > 0 ? ` of at least ${leastMs / 1000}s` : '';
    context.addIssue({ code: 'custom', message: `is not a duration${bound} such as 90s, 15m, 24h or 7d` });
    return z.NEVER;
  });
}

function jsonObject(example: string) {
  return z.string().transform((text, context) => {
    const parsed = parseJsonObject(text);
    if (parsed !== undefined) return parsed;
    context.addIssue({ code: 'custom', message: `is not a JSON object such as ${example}` });
    return z.NEVER;
  });
}
