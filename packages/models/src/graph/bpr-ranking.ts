import { bprLoss } from '@kindred/objectives';
import { createUniformSampler, hasNegatives } from '@kindred/pairs';
import type { MethodContext } from '../learned-method.js';
import type { RunState } from '../run-state.js';
import { addRows, takeRows } from '../sparse-rows.js';
import type { GraphSettings } from './graph-settings.js';
import type { RankingLoss } from './ranking-loss.js';

/**
 * The papers' own loss: for every positive of the batch's users one item that the user doesn't have, by inner product
 * of the readout. A user who has every item has nothing to tell apart and is left out.
 */
export function createBprRanking(
  { data, engine }: MethodContext,
  settings: GraphSettings,
  state: RunState,
): RankingLoss {
  const { dimensions } = settings;
  const { tf } = engine;
  const { positives, weights } = data;
  const sampler = createUniformSampler(data, state.random('negatives'));
  return async (users, readout, gradient) => {
    const entries = entriesOf(
      positives.offsets,
      users.filter((user) => hasNegatives(positives, user)),
    );
    const count = entries.positions.length;
    if (count === 0) return 0;
    const own = entries.users;
    const items = entries.positions.map((entry) => positives.columns[entry] as number);
    const others = new Uint32Array(count);
    sampler.draw(own, 1, others);
    const rows = (table: Float32Array, chosen: Uint32Array) =>
      tf.tensor2d(takeRows(table, dimensions, chosen), [count, dimensions]);
    const result = await engine.scope(async () => {
      const { loss, gradients } = bprLoss(tf, {
        users: rows(readout.users, own),
        items: rows(readout.items, items),
        negatives: rows(readout.items, others),
        weights: Float32Array.from(entries.positions, (entry) => weights[entry] as number),
      });
      return {
        users: await engine.read(gradients.users),
        items: await engine.read(gradients.items),
        negatives: await engine.read(gradients.negatives),
        loss: (await engine.read(loss))[0] as number,
      };
    });
    addRows(result.users, own, dimensions, gradient.users);
    addRows(result.items, items, dimensions, gradient.items);
    addRows(result.negatives, others, dimensions, gradient.items);
    return result.loss;
  };
}

/** Every positive of the users: its user, and its position among the entries. */
function entriesOf(offsets: Uint32Array, users: Uint32Array): { users: Uint32Array; positions: Uint32Array } {
  let count = 0;
  for (const user of users) count += (offsets[user + 1] as number) - (offsets[user] as number);
  const owners = new Uint32Array(count);
  const entries = new Uint32Array(count);
  let at = 0;
  for (const user of users) {
    for (let e = offsets[user] as number; e < (offsets[user + 1] as number); e++, at++) {
      owners[at] = user;
      entries[at] = e;
    }
  }
  return { users: owners, positions: entries };
}
