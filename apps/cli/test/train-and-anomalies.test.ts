import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { plantAnomalies } from '@kindred/datasets';
import { type Event, type ItemId, Random, type UserId } from '@kindred/domain';
import { loadArtefact } from '@kindred/models/artefact';
import { storeEventBatch } from '@kindred/storage';
import { openTestDatabase, type TestDatabase } from '@kindred/storage/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { kindred } from './kindred-process.js';

const [USERS, CLUBS, ITEMS_OF_CLUB, DAY_MS] = [160, 8, 10, 86_400_000];
/** Some ten seconds of a processor, or many where it is shared. */
const PATIENT = { timeout: 300_000 };
const SMALL = ['--engine', 'wasm', '--method', 'two-tower', '--set', 'epochs=2', '--set', 'dimensions=8'];

/** Members of eight clubs, each with 6 to 8 of the ten items of their own: what is missing is what their neighbours have. */
function clubs(): Event[] {
  const random = new Random(1, 'clubs');
  return Array.from({ length: USERS }, (_, user) =>
    [...random.sample(ITEMS_OF_CLUB, 6 + random.below(3))].map((place, k): Event => {
      const item = (user % CLUBS) * ITEMS_OF_CLUB + place;
      const timeMs = Date.UTC(2025, 0, 1) + Math.floor(60 * DAY_MS * random.next());
      const ids = {
        id: `${user}-${k}`,
        userId: `member-${user}` as UserId,
        itemId: `item-${String(item).padStart(3, '0')}` as ItemId,
      };
      return { ...ids, type: 'purchase', timeMs, value: undefined, properties: undefined };
    }),
  ).flat();
}

const LOG = plantAnomalies(clubs(), { share: 0.04, seed: 1, kinds: ['bot', 'scraper'] });
let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  database = await openTestDatabase();
  folder = mkdtempSync(join(tmpdir(), 'kindred-printed-'));
  await storeEventBatch(database.db, LOG.events, 'test');
  await printed('pair');
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await database.close();
});

async function printed(...args: string[]) {
  const env = { KINDRED_DATA_DIR: folder, KINDRED_DATABASE_URL: database.url, KINDRED_THREADS: '1' };
  const ended = await kindred(args, env);
  expect(ended.code, ended.stderr).toBe(0);
  return ended;
}

/** What `train` printed, and the manifest of the model that it names. */
async function trained(...args: string[]) {
  const { stdout, stderr } = await printed('train', ...SMALL, ...args);
  const path = join(folder, 'models', /^model (\S+)$/m.exec(stdout)?.[1] ?? 'none is named');
  return { stdout, stderr, path, manifest: JSON.parse(readFileSync(join(path, 'manifest.json'), 'utf8')) };
}

/** The cells of each line of a table, whose columns are two blanks or more apart. */
const cellsOf = (text: string): string[][] => text.split('\n').map((line) => line.trim().split(/ {2,}/));

test('train --augment auto prints every source with its figures, and marks the one that is kept', PATIENT, async () => {
  const { stdout, manifest } = await trained('--augment', 'auto');
  const { arms, because, sparseUsers, trainedUsers } = manifest.augmentation;
  const [head, ...lines] = cellsOf(stdout);
  expect(head).toEqual([
    'source',
    'what',
    'validation ndcg@20',
    'without',
    'difference',
    '95 % interval',
    'p (Holm)',
    'few by themselves',
  ]);
  const sources = ['popularity', 'self', 'neighbours (kept)', 'dae'];
  expect(lines.slice(0, 4).map(([source]) => source)).toEqual(sources);
  expect(lines[4]?.[0]).toBe(`${because}. ${sparseUsers} of ${trainedUsers} trained users have fewer than 8 items.`);
  sources.forEach((_, k) => {
    const { source, count, weight, ndcg, without, difference, interval, p, sparse } = arms[k];
    const [, what, ...figures] = lines[k] as string[];
    const few = [sparse.ndcg, sparse.without].map((value) => value.toFixed(4)).join(' of ');
    expect(figures.splice(5)).toEqual(sparse.users > 0 ? [`${few} (${sparse.users})`] : []);
    expect(what).toBe(source === 'popularity' ? `prior × ${1 + weight}` : `${count} × ${weight}`);
    expect(figures[2]).toMatch(/^[+-]\d/);
    expect(figures.flatMap((cell) => cell.split(' to ').map(Number))).toEqual(
      [ndcg, without, difference, ...interval, p].map((value, at) => expect.closeTo(value, at < 5 ? 4 : 3)),
    );
  });
  // What is printed of the one that is kept is what is known of this log: neighbours have the rest of the club.
  const [, , ndcg, without, difference, interval, p] = lines[2] as string[];
  expect(Number(ndcg) - Number(without)).toBeCloseTo(Number(difference), 3);
  expect(Number(difference)).toBeGreaterThan(0.03);
  const [low, high] = (interval as string).split(' to ').map(Number) as [number, number];
  expect([0 < low, low < Number(difference), Number(difference) < high, Number(p) < 0.05]).toEqual(Array(4).fill(true));
});

test(
  'anomalies prints who stands out and why, and train --exclude-anomalies leaves the same out',
  PATIENT,
  async () => {
    const { stderr, path, manifest } = await trained('--exclude-anomalies');
    const excluded: { userId: string; score: number; because: string }[] = manifest.excluded.serve;
    const shown = excluded.length - 1;
    const { stdout } = await printed('anomalies', '--engine', 'wasm', '--limit', String(shown));
    const [head, ...lines] = cellsOf(stdout.trimEnd());
    expect(head).toEqual(['rank', 'user', 'score', 'because']);
    expect(lines).toEqual([
      ...excluded
        .slice(0, shown)
        .map(({ userId, score, because }, k) => [`${k + 1}`, userId, score.toFixed(1), because]),
      [''],
      [`${shown + 1} of ${USERS + LOG.kindOfUser.size} users (shown: the first ${shown})`],
    ]);
    // Whoever was planted, and nobody else, did all at once: how much is in the log.
    const kinds = excluded.map(({ userId }) => LOG.kindOfUser.get(userId));
    expect(new Set(kinds)).toEqual(new Set(['bot', 'scraper']));
    expect(excluded.map(({ score }) => score)).toEqual(excluded.map(({ score }) => score).toSorted((a, b) => b - a));
    excluded.forEach(({ userId, because }, k) => {
      const own = LOG.events.filter((event) => event.userId === userId);
      const items = new Set(own.map(({ itemId }) => itemId)).size;
      const [first, ...reasons] = because.split('; ');
      expect(first).toBe(`${items} items`);
      expect(reasons).toContainEqual(
        expect.stringMatching(`^${own.length} events within an hour, more than \\d\\d % of `),
      );
      const equal = expect.stringMatching(`^${own.length - 1} equal gaps in a row, more than \\d\\d % of `);
      if (kinds[k] === 'scraper') expect(reasons).toContainEqual(equal);
    });

    const whom = `${excluded.length} of ${USERS + LOG.kindOfUser.size} users are left out of training for serve`;
    expect(stderr).toContain(`${whom}, the strangest ${excluded[0]?.userId}: ${excluded[0]?.because}\n`);
    // Of whom nothing was learned no direction is there, but the prior alone.
    const { users, dimensions } = await loadArtefact(join(path, 'served'));
    const unlearned = users?.ids.filter((_, row) =>
      users.vectors.subarray(row * dimensions, (row + 1) * dimensions - 1).every((value) => value === 0),
    );
    expect(unlearned?.toSorted()).toEqual(excluded.map(({ userId }) => userId).toSorted());
  },
);
