import type { Engine } from '@kindred/compute';
import type { Random, SparseMatrix } from '@kindred/domain';
import { infoNceLoss } from '@kindred/objectives';
import { addRows, takeRows } from '../sparse-rows.js';
import type { NodeRows } from './interaction-graph.js';

export interface ContrastSettings {
  /** lambda: weight against the ranking loss. */
  readonly contrastWeight: number;
  readonly contrastTemperature: number;
  /** At most so many users, and items, are told apart in a step. */
  readonly contrastSize: number;
}

/** Two views of the same nodes, with the gradient of each. The two gradients may be the same rows. */
export interface Views {
  readonly first: NodeRows;
  readonly second: NodeRows;
  readonly firstGradient: NodeRows;
  readonly secondGradient: NodeRows;
}

/**
 * lambda (InfoNCE over users + InfoNCE over items): each node's first view must be nearer to its own second view than
 * to those of the batch's other nodes (SGL, Wu et al., SIGIR 2021). Adds to the gradients.
 * @returns the loss, weighted
 */
export async function contrastViews(
  engine: Engine,
  nodes: { readonly users: Uint32Array; readonly items: Uint32Array },
  views: Views,
  width: number,
  settings: ContrastSettings,
): Promise<number> {
  let total = 0;
  for (const side of ['users', 'items'] as const) {
    const rows = nodes[side];
    const shape: [number, number] = [rows.length, width];
    const { tf } = engine;
    const result = await engine.scope(async () => {
      const { loss, gradients } = infoNceLoss(tf, {
        users: tf.tensor2d(takeRows(views.first[side], width, rows), shape),
        items: tf.tensor2d(takeRows(views.second[side], width, rows), shape),
        temperature: settings.contrastTemperature,
      });
      return {
        first: await engine.read(tf.mul(gradients.users, settings.contrastWeight)),
        second: await engine.read(tf.mul(gradients.items, settings.contrastWeight)),
        loss: (await engine.read(loss))[0] as number,
      };
    });
    addRows(result.first, rows, width, views.firstGradient[side]);
    addRows(result.second, rows, width, views.secondGradient[side]);
    total += settings.contrastWeight * result.loss;
  }
  return total;
}

/** The batch's users and the distinct items of their positives, at most `limit` of each, drawn at random. */
export function contrastNodes(
  { offsets, columns }: SparseMatrix,
  users: Uint32Array,
  limit: number,
  random: Random,
): { users: Uint32Array; items: Uint32Array } {
  const items = new Set<number>();
  for (const user of users) {
    for (let e = offsets[user] as number; e < (offsets[user + 1] as number); e++) items.add(columns[e] as number);
  }
  return { users: users.slice(0, limit), items: random.shuffle(Uint32Array.from(items)).slice(0, limit) };
}
