import type { Event, ItemId, UserId } from '@kindred/domain';
import { describe, expect, it } from 'vitest';
import { buildSnapshotInMemory, interactionsOfUser, resolvePairSettings } from '../src/index.js';

const event = (itemId: string, type: string, timeMs: number | undefined, value?: number): Event => ({
  id: `${itemId} ${type} ${timeMs}`,
  userId: 'u' as UserId,
  itemId: itemId as ItemId,
  type,
  timeMs,
  value,
  properties: undefined,
});

describe('interactionsOfUser', () => {
  const events = [
    event('a', 'view', 1),
    event('a', 'purchase', 2, 1),
    event('b', 'view', 3),
    event('b', 'view', 4),
    event('c', 'dislike', 5),
    event('d', 'purchase', 6, 2),
    event('d', 'return', 7, 2),
  ];

  it('gives the strengths that training gives', async () => {
    const settings = { split: { kind: 'time', validation: { fraction: 0 }, test: { fraction: 0 } } } as const;
    const part = await (await buildSnapshotInMemory([events], settings)).part('serve');
    const history = await interactionsOfUser(events, resolvePairSettings({}));
    const positives = history.filter(({ signedStrength }) => signedStrength > 0);
    expect(positives.map(({ itemId }) => itemId)).toEqual([...part.items]);
    expect(positives.map(({ signedStrength }) => signedStrength)).toEqual([...part.data.positives.values]);
    expect(positives.map(({ timeMs }) => timeMs)).toEqual([...(part.data.times ?? [])]);
    expect(history.filter(({ signedStrength }) => signedStrength < 0).map(({ itemId }) => itemId)).toEqual(['c', 'd']);
  });

  it('takes events without a time as the oldest, and nothing for nothing', async () => {
    const mixed = [event('a', 'purchase', undefined, 1), event('a', 'return', 5, 1)];
    const [only] = await interactionsOfUser(mixed, resolvePairSettings({}));
    expect(only?.signedStrength).toBeLessThan(0);
    const [untimed] = await interactionsOfUser([event('a', 'purchase', undefined, 1)], resolvePairSettings({}));
    expect(untimed?.timeMs).toBeUndefined();
    expect(await interactionsOfUser([], resolvePairSettings({}))).toEqual([]);
  });
});
