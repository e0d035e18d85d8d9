import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cruise, type IForbiddenRuleType } from 'dependency-cruiser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const configuration = createRequire(import.meta.url)('../../.dependency-cruiser.cjs') as {
  forbidden: IForbiddenRuleType[];
  options: Record<string, unknown>;
};
const packageNames = configuration.forbidden.flatMap((rule) => rule.name?.match(/^package-(.+)$/)?.[1] ?? []);

/** For each rule one small tree that breaks it. */
function offenceOf(rule: string): Record<string, string> {
  const packageName = rule.match(/^package-(.+)$/)?.[1];
  if (packageName !== undefined) {
    return {
      [`packages/${packageName}/src/bad.ts`]: "import '../../../apps/api/dist/index.js';",
      'apps/api/dist/index.js': 'export {};',
    };
  }
  const offences: Record<string, Record<string, string>> = {
    'no-cycles': {
      'packages/domain/src/a.ts': "import type { B } from './b.js'; export type A = B;",
      'packages/domain/src/b.ts': "import type { A } from './a.js'; export type B = A;",
    },
    'packages-never-import-apps': {
      'packages/pipeline/src/bad.ts': "import '../../../apps/cli/dist/index.js';",
      'apps/cli/dist/index.js': 'export {};',
    },
    'by-exports-only': {
      'apps/api/src/bad.ts': "import '../../../packages/pipeline/src/inner.js';",
      'packages/pipeline/src/inner.ts': 'export {};',
    },
    'database-in-storage': { 'packages/pipeline/src/bad.ts': "import 'pg';" },
    'queue-in-queue': { 'apps/api/src/bad.ts': "import 'bullmq';" },
    'http-in-api': { 'apps/cli/src/bad.ts': "import 'express';" },
    'tensors-through-compute': { 'packages/models/src/bad.ts': "import '@tensorflow/tfjs';" },
    'index-library-in-vector-index': { 'packages/serving/src/bad.ts': "import 'hnswlib-node';" },
    'no-unresolvable': { 'packages/domain/src/bad.ts': "import './not-there.js';" },
    'no-dev-in-src': { 'packages/domain/src/bad.ts': "import 'only-for-development';" },
  };
  const offence = offences[rule];
  if (offence === undefined) throw new Error(`add an offence that breaks the new rule ${rule}`);
  return offence;
}

let folder: string;
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'kindred-imports-')));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function writeTree(base: string, files: Record<string, string>): Promise<void> {
  const modules = ['pg', 'bullmq', 'express', '@tensorflow/tfjs', 'hnswlib-node', 'only-for-development'];
  const everything: Record<string, string> = {
    'package.json': JSON.stringify({ type: 'module', devDependencies: { 'only-for-development': '1.0.0' } }),
    'packages/domain/src/index.ts': 'export {};',
    'apps/api/src/index.ts': 'export {};',
    ...Object.fromEntries(
      modules.map((name) => [`node_modules/${name}/package.json`, `{"name":"${name}","main":"index.js"}`]),
    ),
    ...Object.fromEntries(modules.map((name) => [`node_modules/${name}/index.js`, ''])),
    ...files,
  };
  for (const [path, content] of Object.entries(everything)) {
    await mkdir(dirname(join(base, path)), { recursive: true });
    await writeFile(join(base, path), content);
  }
}

async function violatedRules(base: string): Promise<string[]> {
  const result = await cruise(['packages', 'apps'], {
    ...configuration.options,
    baseDir: base,
    validate: true,
    ruleSet: { forbidden: configuration.forbidden },
  });
  if (typeof result.output === 'string') throw new Error(result.output);
  return result.output.summary.violations.map((violation) => violation.rule.name);
}

describe('import rules', () => {
  it.each(configuration.forbidden.map((rule) => rule.name ?? ''))('%s can fail, at severity error', async (name) => {
    const base = join(folder, name);
    await writeTree(base, offenceOf(name));
    expect(await violatedRules(base)).toContain(name);
    expect(configuration.forbidden.find((rule) => rule.name === name)?.severity).toBe('error');
  });

  it('let a tree without offences pass', async () => {
    const base = join(folder, 'clean');
    await writeTree(base, { 'packages/storage/src/index.ts': "import 'pg';" });
    expect(await violatedRules(base)).toEqual([]);
  });

  it('name every package of the repository', async () => {
    const root = JSON.parse(await readFile(new URL('../../tsconfig.json', import.meta.url), 'utf8')) as {
      references: { path: string }[];
    };
    const packages = root.references.map(({ path }) => path).filter((path) => path.startsWith('packages/'));
    expect(packages.map((path) => path.slice('packages/'.length)).sort()).toEqual([...packageNames].sort());
  });
});
