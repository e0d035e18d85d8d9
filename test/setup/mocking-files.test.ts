import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { MOCKING, SCIENCE } from '../../vitest.config.js';

const root = join(import.meta.dirname, '../..');

it('files that put other modules in the place of some have a process of their own', () => {
  const files = SCIENCE.split('|').flatMap((name) =>
    readdirSync(join(root, 'packages', name, 'test'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.test.ts'))
      .map((file) => `packages/${name}/test/${file}`),
  );
  expect(files.length).toBeGreaterThan(80);
  const mocking = files.filter((file) => /\bvi\.(do)?mock\(/i.test(readFileSync(join(root, file), 'utf8')));
  expect(mocking.sort()).toEqual([...MOCKING].sort());
});
