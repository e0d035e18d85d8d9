import { it } from 'vitest';
import { prepare } from './learned-fixture.js';
import { checkerboard, plantedClusters, plantedNdcg, trainToEnd } from './planted-clusters.js';
it('x', async () => {
  const planted = plantedClusters({ groups: 4, usersPerGroup: 15, itemsPerGroup: 10, held: 3, noise: 2 });
  for (const name of ['swav']) {
    for (const extra of [{ secondItems: 0, segments: 4 }, { secondItems: 0, segments: 8 },{ secondItems: 0, segments: 16 }, { secondItems: 1, segments: 8 }, { secondItems: 0, segments: 4, learningRate:.01 }, { secondItems: 0, segments: 4, epsilon:1 }, { secondItems: 0, segments: 8, temperature:.3 }])  {
      const p = planted;
      const t = performance.now();
      const run = await prepare(name, p.data, { dimensions: 16, priorStrength: 0, ...extra });
      const before = await plantedNdcg(run, p);
      const losses = await trainToEnd(run);
      console.log(name, JSON.stringify(extra), before.toFixed(3), (await plantedNdcg(run, p)).toFixed(3), losses.length, losses[0]?.toFixed(3), losses.at(-1)?.toFixed(3), (performance.now() - t).toFixed(0));
    }
  }
}, 100000);
