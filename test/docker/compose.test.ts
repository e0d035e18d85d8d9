// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the ${…} of a compose file are not JavaScript's
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { composeFaults } from './compose-faults.js';
import { lastInstruction, readDockerfile } from './dockerfile.js';

// There is no Docker engine where these tests run: the files are checked against the official schema of the
// Compose Specification and against each other, not by starting them.
const repository = join(import.meta.dirname, '../..');
const compose = readFileSync(join(repository, 'docker-compose.yml'), 'utf8');
const dockerfile = readFileSync(join(repository, 'Dockerfile'), 'utf8');

test('docker-compose.yml and Dockerfile have no fault', () => {
  expect(composeFaults(compose, dockerfile)).toEqual([]);
});

describe('a broken copy is found out', () => {
  test.each([
    ['a tab in the YAML', '  redis:\n', '\tredis:\n', /^yaml:/],
    ['a key twice', 'name: kindred\n', 'name: kindred\nname: other\n', /^yaml:.*unique/],
    ['an unknown key', '    shm_size: 256mb', '    shm_sise: 256mb', /^schema:.*shm_sise/],
    ['a wrong type', '    ports: ["$', '    ports: "$', /^(yaml|schema):/],
    ['an unknown condition', 'service_completed_successfully', 'service_done', /^schema: \/services\/api\/depends_on/],
    [
      'a secret with a default',
      '${REDIS_PASSWORD:?write it into .env}',
      '${REDIS_PASSWORD:-redis}',
      /^secret:.*without a default/,
    ],
    [
      'a secret that may be empty',
      '${POSTGRES_PASSWORD:?write it into .env}',
      '${POSTGRES_PASSWORD}',
      /^secret:.*without a default/,
    ],
    [
      'a literal secret',
      'REDIS_PASSWORD: ${REDIS_PASSWORD:?write it into .env}',
      'REDIS_PASSWORD: hunter2',
      /^secret: redis sets REDIS_PASSWORD/,
    ],
    [
      'a literal password in a URL',
      '://kindred:${POSTGRES_PASSWORD:?write it into .env}@',
      '://kindred:hunter2@',
      /^secret: api writes a password into KINDRED_DATABASE_URL/,
    ],
    ['a volume that is not declared', '  redis: {}\n', '', /^reference: redis mounts redis/],
    ['a network that is not declared', '  edge: {}\n', '', /^reference: api is in the network edge/],
    [
      'a dependency that is not there',
      '    postgres: { condition: service_healthy }',
      '    mysql: { condition: service_healthy }',
      /^reference: api depends on mysql/,
    ],
    ['an unknown setting', 'KINDRED_LOG_LEVEL: ', 'KINDRED_LOGLEVEL: ', /^setting: KINDRED_LOGLEVEL/],
    ['an unknown interpolated setting', '${KINDRED_THREADS:-}', '${KINDRED_THREAD:-}', /^setting: KINDRED_THREAD /],
    [
      'a target that the Dockerfile lacks',
      'target: trainer',
      'target: train',
      /^build: trainer is built from the target train/,
    ],
    ['an image without a version', 'redis:8-bookworm', 'redis', /^image: redis/],
    ['a Redis that evicts', 'noeviction', 'allkeys-lru', /^redis: may evict/],
    ['a Redis without a log', '--appendonly yes', '--appendonly no', /^redis: has no append-only/],
    [
      'a published database',
      '    networks: [data]\n    # Asks',
      '    networks: [data]\n    ports: ["5432:5432"]\n    # Asks',
      /^postgres: is published/,
    ],
    ['migrations again and again', 'restart: "no"', 'restart: always', /^migrate: runs more than once/],
    [
      'no health check',
      '    healthcheck:\n      test: [CMD, pg_isready',
      '    x-healthcheck:\n      test: [CMD, pg_isready',
      /^postgres: has no health check/,
    ],
    ['an open API', '${API_BIND:-127.0.0.1}:', '', /^api: .* is open/],
    [
      'an impatient stop',
      '    stop_grace_period: 60s\n\n  trainer',
      '    stop_grace_period: 15s\n\n  trainer',
      /^ingest: is killed before/,
    ],
  ])('%s', (_name, from, to, expected) => {
    expect(compose).toContain(from);
    expect(composeFaults(compose.replaceAll(from, to), dockerfile)).toContainEqual(expect.stringMatching(expected));
  });

  test.each([
    ['a target gone', 'AS ingest', 'AS ingester', /^build: ingest is built from the target ingest/],
    ['root', 'USER kindred\n', '', /^build: api runs as root/],
    ['root again', 'EXPOSE 8080', 'USER root', /^build: api runs as root/],
    ['an app that is not there', 'apps/trainer/', 'apps/train/', /^build: trainer starts no app/],
    ['an unknown setting', 'KINDRED_HOST', 'KINDRED_ADDRESS', /^setting: the Dockerfile sets KINDRED_ADDRESS/],
  ])('Dockerfile: %s', (_name, from, to, expected) => {
    expect(dockerfile).toContain(from);
    expect(composeFaults(compose, dockerfile.replaceAll(from, to))).toContainEqual(expect.stringMatching(expected));
  });
});

describe('Dockerfile', () => {
  const stages = readDockerfile(dockerfile);

  test('compiles in its own stage, with the npm and the install scripts that package.json names', () => {
    expect(stages.map(({ name }) => name)).toEqual(['build', 'runtime', 'migrate', 'ingest', 'trainer', 'api']);
    const build = stages[0]?.instructions.map(({ rest }) => rest).join('\n') ?? '';
    expect(build).toMatch(/apt-get install .*g\+\+ make python3/);
    expect(build).toMatch(/npm install --global .*packageManager.* && npm install --no-audit/);
    expect(build).not.toMatch(/allow-scripts|ignore-scripts|--force|npm rebuild/);
    for (const stage of stages.slice(1)) {
      expect(stage.instructions.map(({ rest }) => rest).join('\n')).not.toMatch(/apt-get|npm /);
    }
  });

  test('listens beyond loopback only inside the container of the API', () => {
    expect(lastInstruction(stages, 'api', 'ENV')).toContain('KINDRED_HOST=0.0.0.0');
    expect(lastInstruction(stages, 'trainer', 'ENV')).not.toContain('KINDRED_HOST');
  });

  test('the data folder belongs to the user that runs', () => {
    const runtime = stages
      .find(({ name }) => name === 'runtime')
      ?.instructions.map(({ rest }) => rest)
      .join('\n');
    expect(runtime).toMatch(/install --directory --owner=kindred .*\/var\/lib\/kindred/);
  });

  test('takes no installed, built, learned or secret files along', () => {
    const ignored = readFileSync(join(repository, '.dockerignore'), 'utf8').split('\n');
    for (const pattern of ['.git', '.env', '.kindred', '**/node_modules', '**/dist'])
      expect(ignored).toContain(pattern);
    for (const needed of ['migrations', 'packages', 'apps', 'benchmarks', 'package-lock.json', '.npmrc']) {
      expect(ignored).not.toContain(needed);
    }
  });
});
