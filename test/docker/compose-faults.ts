import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDuration, VARIABLES } from '@kindred/config';
import { Ajv } from 'ajv';
import { parseDocument } from 'yaml';
import { lastInstruction, readDockerfile } from './dockerfile.js';

const REPOSITORY = join(import.meta.dirname, '../..');
const SETTING_NAMES = Object.values(VARIABLES).map(({ name }) => name as string);
const SECRET = /PASSWORD|SECRET|TOKEN/;
const OWN_SERVICES = ['migrate', 'api', 'ingest', 'trainer'];

interface Service {
  readonly image?: string;
  readonly build?: { readonly target?: string };
  readonly command?: string | readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: object;
  readonly restart?: string;
  readonly ports?: readonly string[];
  readonly networks?: readonly string[];
  readonly volumes?: readonly string[];
  readonly stop_grace_period?: string;
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks?: Readonly<Record<string, object>>;
  readonly volumes?: Readonly<Record<string, object>>;
}

/** Everything that is wrong with a compose file and the Dockerfile it builds from; empty when nothing is. */
export function composeFaults(composeText: string, dockerfileText: string): string[] {
  const document = parseDocument(composeText, { merge: true, uniqueKeys: true });
  if (document.errors.length > 0) return document.errors.map((error) => `yaml: ${error.message}`);
  const compose: Compose = document.toJS();
  const faults = schemaFaults(compose);
  if (faults.length > 0) return faults;
  return [
    ...secretFaults(composeText, compose),
    ...referenceFaults(compose),
    ...settingFaults(compose, composeText),
    ...buildFaults(compose, dockerfileText),
    ...serverFaults(compose),
    ...apiFaults(compose),
    ...shutdownFaults(compose),
  ];
}

function schemaFaults(compose: unknown): string[] {
  const { $schema: _draft07, ...schema } = JSON.parse(
    readFileSync(join(import.meta.dirname, 'compose-spec/compose-spec.json'), 'utf8'),
  );
  const ajv = new Ajv({ strict: false, allErrors: true });
  const validate = ajv.compile(schema);
  if (validate(compose)) return [];
  return (validate.errors ?? []).map((error) => {
    return `schema: ${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`;
  });
}

/** Each `${NAME…}` of the file, `$$` aside. */
function interpolations(text: string): { name: string; modifier: string }[] {
  const found = text.replaceAll('$$', '').matchAll(/\$(?:\{([A-Za-z_]\w*)([^}]*)\}|([A-Za-z_]\w*))/g);
  return [...found].map((match) => ({ name: match[1] ?? match[3] ?? '', modifier: match[2] ?? '' }));
}

function secretFaults(text: string, compose: Compose): string[] {
  const required = interpolations(text)
    .filter(({ name, modifier }) => SECRET.test(name) && !modifier.startsWith(':?'))
    .map(({ name, modifier }) => `secret: \${${name}${modifier}} must be required, without a default`);
  const literal = Object.entries(compose.services).flatMap(([service, { environment = {} }]) =>
    Object.entries(environment)
      .filter(([name, value]) => SECRET.test(name) && !/^\$\{\w+:\?[^}]*\}$/.test(value))
      .map(([name]) => `secret: ${service} sets ${name} to something else than a required variable`),
  );
  const inUrls = Object.entries(compose.services).flatMap(([service, { environment = {} }]) =>
    Object.entries(environment)
      .filter(([, value]) => /:\/\/[^/@:]*:[^/@]+@/.test(value.replaceAll(/\$\{\w+:\?[^}]*\}/g, '')))
      .map(([name]) => `secret: ${service} writes a password into ${name}`),
  );
  return [...required, ...literal, ...inUrls];
}

function referenceFaults(compose: Compose): string[] {
  return Object.entries(compose.services).flatMap(([name, service]) => [
    ...Object.keys(service.depends_on ?? {})
      .filter((other) => compose.services[other] === undefined)
      .map((other) => `reference: ${name} depends on ${other}, which is not there`),
    ...Object.entries(service.depends_on ?? {})
      .filter(([other, { condition }]) => condition === 'service_healthy' && !compose.services[other]?.healthcheck)
      .map(([other]) => `reference: ${name} waits for the health of ${other}, which has no health check`),
    ...(service.networks ?? [])
      .filter((network) => compose.networks?.[network] === undefined)
      .map((network) => `reference: ${name} is in the network ${network}, which is not declared`),
    ...(service.volumes ?? [])
      .map((volume) => volume.split(':')[0] ?? '')
      .filter((volume) => !volume.startsWith('.') && compose.volumes?.[volume] === undefined)
      .map((volume) => `reference: ${name} mounts ${volume}, which is not declared`),
    ...(service.restart === undefined ? [`restart: ${name} has no policy`] : []),
  ]);
}

function settingFaults(compose: Compose, text: string): string[] {
  const set = Object.values(compose.services).flatMap(({ environment = {} }) => Object.keys(environment));
  const names = new Set([...set, ...interpolations(text).map(({ name }) => name)]);
  return [...names]
    .filter((name) => name.startsWith('KINDRED_') && !SETTING_NAMES.includes(name))
    .map((name) => `setting: ${name} is no setting of Kindred`);
}

function buildFaults(compose: Compose, dockerfileText: string): string[] {
  const stages = readDockerfile(dockerfileText);
  const faults: string[] = [];
  for (const [name, service] of Object.entries(compose.services)) {
    if (service.image !== undefined && !/:\d/.test(service.image)) faults.push(`image: ${name} names no version`);
    if (service.build === undefined) continue;
    const target = service.build.target ?? '';
    if (!stages.some((stage) => stage.name === target)) {
      faults.push(`build: ${name} is built from the target ${target}, which the Dockerfile lacks`);
      continue;
    }
    const user = lastInstruction(stages, target, 'USER') ?? 'root';
    if (/^(root|0)\b/.test(user)) faults.push(`build: ${target} runs as root`);
    const workspace = /"(apps\/[^/"]+)\/[^"]+"/.exec(lastInstruction(stages, target, 'CMD') ?? '')?.[1];
    if (workspace === undefined || !existsSync(join(REPOSITORY, workspace, 'package.json'))) {
      faults.push(`build: ${target} starts no app of this repository`);
    }
  }
  const environment = stages.flatMap(({ instructions }) => instructions.filter(({ keyword }) => keyword === 'ENV'));
  for (const [name] of environment
    .map(({ rest }) => rest)
    .join(' ')
    .matchAll(/KINDRED_\w+/g)) {
    if (!SETTING_NAMES.includes(name))
      faults.push(`setting: the Dockerfile sets ${name}, which is no setting of Kindred`);
  }
  return faults;
}

function serverFaults({ services }: Compose): string[] {
  const command = [services.redis?.command ?? ''].flat().join(' ');
  const missing = ['postgres', 'redis', ...OWN_SERVICES].filter((name) => services[name] === undefined);
  return [
    ...missing.map((name) => `services: ${name} is missing`),
    ...(/--maxmemory-policy noeviction\b/.test(command) ? [] : ['redis: may evict jobs']),
    ...(/--appendonly yes\b/.test(command) ? [] : ['redis: has no append-only file']),
    ...(/--requirepass/.test(command) ? [] : ['redis: asks for no password']),
    ...['postgres', 'redis'].flatMap((name) => [
      ...(services[name]?.healthcheck ? [] : [`${name}: has no health check`]),
      ...(services[name]?.volumes ? [] : [`${name}: keeps nothing`]),
      ...(services[name]?.ports ? [`${name}: is published`] : []),
    ]),
    ...(services.migrate?.restart === 'no' ? [] : ['migrate: runs more than once']),
    ...['api', 'ingest', 'trainer']
      .filter((name) => services[name]?.depends_on?.migrate?.condition !== 'service_completed_successfully')
      .map((name) => `${name}: does not wait for the migrations`),
  ];
}

function apiFaults({ services }: Compose): string[] {
  const ports = services.api?.ports ?? [];
  return [
    ...(ports.length > 0 ? [] : ['api: is not published']),
    ...ports
      .filter((port) => !/^(127\.0\.0\.1|\$\{\w+:-127\.0\.0\.1\}):/.test(port))
      .map((port) => `api: ${port} is open`),
    ...(services.api?.healthcheck ? [] : ['api: has no health check']),
  ];
}

/** Docker's SIGKILL must come after our own grace, and after the jobs that outlast it were handed back. */
function shutdownFaults({ services }: Compose): string[] {
  return ['api', 'ingest', 'trainer'].flatMap((name) => {
    const graceMs = parseDuration(services[name]?.environment?.KINDRED_SHUTDOWN_GRACE ?? '') ?? Number.NaN;
    const stopMs = parseDuration(services[name]?.stop_grace_period ?? '10s') ?? Number.NaN;
    const marginMs = name === 'api' ? 5000 : 20_000;
    return stopMs >= graceMs + marginMs ? [] : [`${name}: is killed before its grace is over`];
  });
}
