import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
// @ts-expect-error: a script of the benchmarks, without types
import { withStudy } from '../../benchmarks/sparse-users/page.mjs';
// @ts-expect-error: a script of the benchmarks, without types
import { studyPicture } from '../../benchmarks/sparse-users/picture.mjs';

const root = new URL('../../', import.meta.url);
const read = (path: string) => readFile(new URL(path, root), 'utf8');

interface Study {
  readonly summary: Readonly<Record<string, readonly { readonly set: string }[]>>;
}

it('the figures of docs/generative.md and its pictures are what results/sparse-users.json, -transductive.json and -family.json give (npm run sparse-users -- --pages-only)', async () => {
  const report = JSON.parse(await read('results/sparse-users.json')) as Study;
  const transductive = JSON.parse(await read('results/sparse-users-transductive.json')) as Study;
  const family = JSON.parse(await read('results/sparse-users-family.json')) as Study;
  const page = await read('docs/generative.md');
  expect(withStudy(page, report, transductive, family)).toBe(page);
  const sets = new Set(Object.values(report.summary).flatMap((cells) => cells.map(({ set }) => set)));
  expect(sets.size).toBeGreaterThan(0);
  for (const set of sets) {
    expect(await read(`results/sparse-users/${set}.svg`), set).toBe(studyPicture(set, report.summary));
    expect(page).toContain(`results/sparse-users/${set}.svg`);
  }
});
