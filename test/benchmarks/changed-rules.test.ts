import { loadEngine } from '@kindred/compute';
import { syntheticShop } from '@kindred/datasets';
import { buildSnapshotInMemory, type SnapshotPart } from '@kindred/pairs';
import { beforeAll, describe, expect, it } from 'vitest';
// @ts-expect-error a plain script without types
import { changedAmong, redoCommands } from '../../benchmarks/leaderboard/changed-rules.mjs';
// @ts-expect-error a plain script without types
import { ruledSettings } from '../../benchmarks/leaderboard/ruled-settings.mjs';

const record = (set: string, method: string, chosen: object, seed = 1) => ({
  ...{ set, method, seed, revision: 'abc' },
  chosen: { dimensions: 128, ...chosen },
});

describe('rules that have changed since a record was made', () => {
  let part: SnapshotPart;
  const ruled: Record<string, Record<string, unknown>> = {};
  beforeAll(async () => {
    const { events } = syntheticShop({ users: 400, items: 50, events: 3000, seed: 1 });
    part = await (await buildSnapshotInMemory([events], {})).part('evaluate');
    const engine = await loadEngine('cpu');
    for (const method of ['swav', 'auto', 'two-tower:bpr']) {
      ruled[method] = await ruledSettings(method, part, engine);
    }
  });

  it('are asked of the data for what was left open, but not where probes decide', () => {
    const segments = Math.round(part.users.length / 30);
    expect(ruled.swav).toMatchObject({ batchSize: 256, segments });
    expect(ruled.swav).not.toHaveProperty('dimensions');
    expect(ruled.auto).toMatchObject({ batchSize: 256, negatives: part.items.length });
    expect(ruled.auto).not.toHaveProperty('temperature');
    expect(ruled.auto).not.toHaveProperty('priorStrength');
  });

  it('name a record that ran with something else, and the command that does it again', () => {
    const same = record('uci', 'swav', { ...ruled.swav });
    const older = record('uci', 'swav', { ...ruled.swav, segments: 128 }, 2);
    const probed = record('uci', 'auto', { ...ruled.auto, temperature: 0.4 });
    const changed = changedAmong([same, older, probed], ruled) as { record: object; line: string }[];
    expect(changed.map(({ record: which }) => which)).toEqual([older]);
    expect(changed[0]?.line).toContain(
      `swav, seed 2 (abc) is of older rules: segments 128, today ${ruled.swav?.segments}`,
    );
  });

  it('are done again by one command a set', () => {
    expect(
      redoCommands([record('uci', 'swav', {}, 2), record('uci', 'auto', {}), record('lastfm', 'swav', {})]),
    ).toEqual([
      'npm run leaderboard -- --again --sets uci --methods swav,auto --seeds 2',
      'npm run leaderboard -- --again --sets lastfm --methods swav --seeds 1',
    ]);
    expect(redoCommands([])).toEqual([]);
  });
});
