import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
// @ts-expect-error: a script of the benchmarks, without types
import { PUBLISHED, withStudy } from '../../benchmarks/sparse-users/page.mjs';
// @ts-expect-error: a script of the benchmarks, without types
import { studyPicture } from '../../benchmarks/sparse-users/picture.mjs';

const root = new URL('../../', import.meta.url);
const read = (path: string) => readFile(new URL(path, root), 'utf8');

interface Study {
  readonly summary: Readonly<Record<string, readonly { readonly set: string }[]>>;
}

it('the figures of docs/generative.md and its pictures are what the results of the study give (npm run sparse-users -- --pages-only)', async () => {
  const files = Object.entries(PUBLISHED as Record<string, string>);
  const readOne = async ([name, file]: readonly [string, string]) => [name, JSON.parse(await read(`results/${file}`))];
  const reports = Object.fromEntries(await Promise.all(files.map(readOne))) as Record<string, Study>;
  const report = reports.foldIn as Study;
  const page = await read('docs/generative.md');
  expect(withStudy(page, reports)).toBe(page);
  const sets = new Set(Object.values(report.summary).flatMap((cells) => cells.map(({ set }) => set)));
  expect(sets.size).toBeGreaterThan(0);
  for (const set of sets) {
    expect(await read(`results/sparse-users/${set}.svg`), set).toBe(studyPicture(set, report.summary));
    expect(page).toContain(`results/sparse-users/${set}.svg`);
  }
});
