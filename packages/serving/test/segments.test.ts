import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { matrixFromTriples, Random } from '@kindred/domain';
import { saveArtefact } from '@kindred/models/artefact';
import { buildIndex, ExactScan } from '@kindred/vector-index';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  assemble,
  describeSegments,
  ITEM_INDEX_FOLDER,
  loadServingModel,
  namingItems,
  segmentName,
  segmentOfHistory,
  writeSegments,
} from '../src/index.js';
import { randomArtefact } from './random-model.js';

const GROUPS = 3;
const OWN_ITEMS = 5;
const USERS = 60;
/** After the items of the groups: one that everybody has, and one that three users of group 0 alone have. */
const BEST_SELLER = GROUPS * OWN_ITEMS;
const RARITY = BEST_SELLER + 1;
const ITEMS = Array.from({ length: RARITY + 1 }, (_, k) => `i${k}`);
const CATEGORIES = new Map(ITEMS.slice(0, BEST_SELLER).map((id, k) => [id, `shelf ${Math.floor(k / OWN_ITEMS)}`]));

/** Users of three groups by turns, who have four of their group's five items each; the group is the segment. */
const groupOf = (user: number) => user % GROUPS;
const pairs: [number, number][] = Array.from({ length: USERS }, (_, user) => [
  ...Array.from({ length: OWN_ITEMS }, (_, k): [number, number] => [user, groupOf(user) * OWN_ITEMS + k]).filter(
    (_, k) => k !== Math.floor(user / GROUPS) % OWN_ITEMS,
  ),
  [user, BEST_SELLER] as [number, number],
  ...(groupOf(user) === 0 && user < 9 ? [[user, RARITY] as [number, number]] : []),
]).flat();

/** The planted log with its users in another order. @param order [U]: where each user stands */
function segmented(order: Uint32Array, categories: ReadonlyMap<string, string> = new Map()) {
  const segmentOfUser = new Int32Array(USERS);
  order.forEach((place, user) => {
    segmentOfUser[place] = groupOf(user);
  });
  const positives = matrixFromTriples(
    USERS,
    ITEMS.length,
    Uint32Array.from(pairs, ([user]) => order[user] as number),
    Uint32Array.from(pairs, ([, item]) => item),
    new Float32Array(pairs.length).fill(1),
  );
  return { segmentOfUser, segmentCount: GROUPS, positives, items: ITEMS, categories };
}
const planted = (categories?: ReadonlyMap<string, string>) =>
  segmented(
    Uint32Array.from({ length: USERS }, (_, user) => user),
    categories,
  );

describe('describeSegments', () => {
  test('tells the own items of each group, with how many have them and how much oftener', () => {
    const profiles = describeSegments(planted());
    expect(profiles.map(({ id, size, share }) => [id, size, share])).toEqual([
      [0, 20, 1 / 3],
      [1, 20, 1 / 3],
      [2, 20, 1 / 3],
    ]);
    const own = (group: number) => ITEMS.slice(group * OWN_ITEMS, (group + 1) * OWN_ITEMS);
    expect(profiles[1]?.items.map(({ itemId }) => itemId)).toEqual(own(1));
    // 16 of its 100 pairs, and 16 of all 303.
    expect(profiles[1]?.items[0]).toEqual({ itemId: 'i5', users: 16, lift: expect.closeTo(303 / 100, 10) });
    expect(profiles[0]?.items.map(({ itemId }) => itemId)).toEqual([...own(0), ITEMS[RARITY]]);
    for (const { category } of profiles) expect(category).toBeUndefined();
  });

  test('permuted users are in the same segments, described alike, and so every time', () => {
    const order = new Random(3, 'order').shuffle(Uint32Array.from({ length: USERS }, (_, user) => user));
    expect(describeSegments(segmented(order, CATEGORIES))).toEqual(describeSegments(planted(CATEGORIES)));
    expect(JSON.stringify(describeSegments(planted()))).toBe(JSON.stringify(describeSegments(planted())));
  });

  test('tells the category that stands out, of the items that have one', () => {
    const profiles = describeSegments(planted(CATEGORIES));
    expect(profiles.map(({ category }) => category)).toEqual([0, 1, 2].map((k) => ({ name: `shelf ${k}`, lift: 3 })));
  });

  test('tells no category that the items of the name are not of', () => {
    const odd = new Map(ITEMS.map((id) => [id, id === 'i3' || id === 'i4' ? 'odd' : 'shelf']));
    const [profile] = describeSegments(planted(odd));
    expect(profile?.items.slice(0, 5).map(({ itemId }) => itemId)).toEqual(['i0', 'i1', 'i2', 'i3', 'i4']);
    expect(profile?.category).toBeUndefined();
  });

  test('nobody is described alone, and users without a segment count nowhere', () => {
    const alone = planted(CATEGORIES);
    alone.segmentOfUser.fill(-1);
    alone.segmentOfUser.set([0, 1, 2, 2]);
    const profiles = describeSegments(alone);
    expect(profiles.map(({ size, share }) => [size, share])).toEqual([
      [1, 0.25],
      [1, 0.25],
      [2, 0.5],
    ]);
    for (const { items, category } of profiles) expect([items, category]).toEqual([[], undefined]);
    alone.segmentOfUser.fill(-1);
    expect(describeSegments(alone).map(({ size, share, items }) => [size, share, items])).toEqual(
      Array.from({ length: GROUPS }, () => [0, 0, []]),
    );
  });

  test('one segment of everybody has nothing that stands out', () => {
    const everybody = planted(CATEGORIES);
    everybody.segmentOfUser.fill(0);
    expect(describeSegments(everybody)[0]).toMatchObject({ size: USERS, share: 1, items: [], category: undefined });
  });
});

describe('segmentName', () => {
  const [profile] = describeSegments(planted(CATEGORIES));
  if (profile === undefined) throw new Error('there is no segment');

  test('is made of the category and the titles, or else the ids, of what stands out most', () => {
    const titles: Record<string, string> = { i0: 'Tea\tpot', i2: 'x'.repeat(100) };
    expect(namingItems(profile)).toEqual(['i0', 'i1', 'i2']);
    expect(segmentName(profile, (itemId) => titles[itemId])).toBe(`shelf 0: Tea pot; i1; ${'x'.repeat(59)}…`);
    expect(segmentName({ ...profile, category: undefined }, () => undefined)).toBe('i0; i1; i2');
    expect(segmentName({ ...profile, items: [] }, () => undefined)).toBe('shelf 0');
    expect(segmentName({ ...profile, id: 7, items: [], category: undefined }, () => undefined)).toBe('Segment 7');
  });
});

describe('a model with segments', () => {
  const width = 8;
  const plain = randomArtefact({ items: ITEMS.length, dimensions: width + 1, seed: 4 });
  const vectors = Float32Array.from({ length: GROUPS * width }, (_, k) =>
    k % width === Math.floor(k / width) ? 1 : 0,
  );
  const segments = { vectors, foundBy: 'k-means', stability: 0.75 } as const;
  const artefact = { ...plain, segments };
  const profiles = describeSegments(planted(CATEGORIES));
  /** The file with another third segment. */
  const withSegment = (segment: unknown) =>
    JSON.stringify({ formatVersion: 1, segments: [...profiles.slice(0, 2), segment] });
  const index = new ExactScan(artefact.itemVectors, artefact.dimensions);
  const model = assemble('m', artefact, index, undefined, profiles);
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kindred-segments-'));
    await saveArtefact(folder, artefact);
    const queries = new Float32Array(artefact.dimensions).fill(1);
    const where = join(folder, ITEM_INDEX_FOLDER);
    await buildIndex(where, artefact.itemVectors, artefact.dimensions, queries, { driver: 'exact' });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('knows the segment of a history, and none of one that says nothing', () => {
    const segment = segmentOfHistory(model, [{ itemId: 'i1', strength: 1 }]);
    expect(segment).toBe(profiles[segment?.id ?? -1]);
    // Twice an item points where the item points; what the model does not know changes nothing.
    const more = [
      { itemId: 'i1', strength: 2 },
      { itemId: 'unknown', strength: 1 },
    ];
    expect(segmentOfHistory(model, more, 'unknown')).toBe(segment);
    const silent = [[], [{ itemId: 'unknown', strength: 1 }], [{ itemId: 'i1', strength: -1 }]];
    for (const history of silent) expect(segmentOfHistory(model, history)).toBeUndefined();
    const without = assemble('m', plain, index, undefined);
    expect(segmentOfHistory(without, [{ itemId: 'i1', strength: 1 }])).toBeUndefined();
  });

  test('comes back from its files, as it is where they were made before there were descriptions', async () => {
    expect((await loadServingModel(folder, 'm')).model.segments).toBeUndefined();
    await writeSegments(folder, segments, profiles);
    const text = await readFile(join(folder, 'segments.json'), 'utf8');
    expect(JSON.parse(text)).toMatchObject({ foundBy: 'k-means', stability: 0.75 });
    expect((await loadServingModel(folder, 'm')).model.segments).toEqual(profiles);
  });

  test.each([
    ['no JSON', '{'],
    ['another version', JSON.stringify({ formatVersion: 2, segments: profiles })],
    ['segments of another model', JSON.stringify({ formatVersion: 1, segments: profiles.slice(1) })],
    ['fewer segments', JSON.stringify({ formatVersion: 1, segments: profiles.slice(0, 2) })],
    ['no segments', JSON.stringify({ formatVersion: 1 })],
    ['a segment that is none', withSegment(null)],
    ['a size that is no count', withSegment({ ...profiles[2], size: -1 })],
    ['a share that is no number', withSegment({ ...profiles[2], share: '0.3' })],
    ['a category that is none', withSegment({ ...profiles[2], category: null })],
    ['a category without a name', withSegment({ ...profiles[2], category: { lift: 3 } })],
    ['a category without a lift', withSegment({ ...profiles[2], category: { name: 'shelf 2' } })],
    ['items that are no list', withSegment({ ...profiles[2], items: { 0: 'i1' } })],
    ['an item that is none', withSegment({ ...profiles[2], items: [null] })],
    ['an item without an id', withSegment({ ...profiles[2], items: [{ users: 3, lift: 2 }] })],
    [
      'an item without a count of users',
      withSegment({ ...profiles[2], items: [{ itemId: 'i1', users: 1.5, lift: 2 }] }),
    ],
    ['an item without a lift', withSegment({ ...profiles[2], items: [{ itemId: 'i1', users: 3, lift: null }] })],
  ])('refuses %s', async (_, text) => {
    await writeFile(join(folder, 'segments.json'), text);
    await expect(loadServingModel(folder, 'm')).rejects.toMatchObject({ code: 'INDEX_CORRUPT' });
  });
});
