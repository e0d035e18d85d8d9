import { emptyMatrix, type HeldOut, matrixFromTriples, type TrainingData } from '@kindred/domain';
import { createBaseline, getBaseline } from '@kindred/models';
import { describe, expect, it } from 'vitest';
import { measureFitting, type SearchResult, searchSettings } from '../src/index.js';
import { referenceEngine } from './fixture.js';

const DAY_MS = 86_400_000;
const USERS = 80;
const ITEMS = 20;
const FIRST_NEW = 10;
const END_MS = 100 * DAY_MS;

/** Everybody had two of five old items three weeks ago, and one of four new ones two days ago. */
function turnedLog(): TrainingData {
  const pairs = Array.from({ length: USERS }, (_, user) => [user % 5, (user + 1) % 5, FIRST_NEW + (user % 4)]);
  const positives = matrixOf(pairs);
  return {
    positives,
    weights: positives.values,
    times: Float64Array.from(positives.columns, (item) => END_MS - (item < FIRST_NEW ? 20 : 2) * DAY_MS),
    negatives: emptyMatrix(USERS, ITEMS),
    endTimeMs: END_MS,
  };
}

/** What each user comes to want: a new item that they have not, or an old one. */
function heldOut(kind: 'new' | 'old'): HeldOut {
  const wanted = (user: number) => (kind === 'new' ? FIRST_NEW + ((user + 1) % 4) : (user + 3) % 5);
  return {
    items: matrixOf(Array.from({ length: USERS }, (_, user) => [wanted(user)])),
    unknownItems: new Uint32Array(USERS),
  };
}

function matrixOf(items: readonly (readonly number[])[]) {
  const pairs = items.flatMap((own, user) => own.map((item) => [user, item] as const));
  return matrixFromTriples(
    items.length,
    ITEMS,
    Uint32Array.from(pairs, ([user]) => user),
    Uint32Array.from(pairs, ([, item]) => item),
    new Float32Array(pairs.length).fill(1),
  );
}

async function searched(name: string, validation: HeldOut | undefined, trials = 6): Promise<SearchResult> {
  const engine = await referenceEngine();
  return searchSettings(getBaseline(name), {}, { trials, kind: 'random', seed: 3 }, ({ settings }) =>
    measureFitting(createBaseline(name, settings), { data: turnedLog(), validation, engine, seed: 1 }),
  );
}

describe('a search over the settings of a baseline', () => {
  it('finds the window in which what people want now is popular', async () => {
    const { kept, settings, rows } = await searched('recent-popularity', heldOut('new'));
    expect(rows.map(({ trial, epochs }) => [trial, epochs])).toEqual([1, 2, 3, 4, 5, 6].map((n) => [n, undefined]));
    expect(kept).toBeGreaterThan(1);
    expect([3, 7, 14]).toContain(settings.windowDays);
  });

  it('keeps the default window where people want what was popular in it', async () => {
    const { kept, settings } = await searched('recent-popularity', heldOut('old'));
    expect([kept, settings]).toEqual([1, {}]);
  });

  it('tells the turns of a baseline that is fitted in turns', async () => {
    const { rows } = await searched('ials', heldOut('new'), 1);
    expect(rows).toMatchObject([{ trial: 1, epochs: 16 }]);
  });

  it('refuses to choose where nothing is held out', async () => {
    await expect(searched('recent-popularity', undefined)).rejects.toMatchObject({ code: 'DATA_EMPTY' });
  });
});
