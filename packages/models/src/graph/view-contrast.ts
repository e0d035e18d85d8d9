import type { Random, SparseMatrix } from '@kindred/domain';
import { infoNceLoss } from '@kindred/objectives';
import type { MethodContext } from '../learned-method.js';
import { addRows, takeRows } from '../sparse-rows.js';
import type { GraphSettings } from './graph-settings.js';
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
 * to those of the batch's other nodes (SGL, Wu et al., SIGIR 2021).
 */
export class ViewContrast {
  readonly #context: MethodContext;
  readonly #settings: ContrastSettings & Pick<GraphSettings, 'dimensions'>;
  readonly #random: Random;

  /** @param random draws the items that are told apart */
  constructor(context: MethodContext, settings: ContrastSettings & Pick<GraphSettings, 'dimensions'>, random: Random) {
    this.#context = context;
    this.#settings = settings;
    this.#random = random;
  }

  /**
   * Contrasts the users and the items of their positives. Adds to the gradients.
   * @returns the loss, weighted
   */
  async add(users: Uint32Array, views: Views): Promise<number> {
    const { dimensions, contrastWeight, contrastTemperature, contrastSize } = this.#settings;
    const { engine, data } = this.#context;
    const { tf } = engine;
    const nodes = contrastNodes(data.positives, users, contrastSize, this.#random);
    let total = 0;
    for (const side of ['users', 'items'] as const) {
      const rows = nodes[side];
      const shape: [number, number] = [rows.length, dimensions];
      const result = await engine.scope(async () => {
        const { loss, gradients } = infoNceLoss(tf, {
          users: tf.tensor2d(takeRows(views.first[side], dimensions, rows), shape),
          items: tf.tensor2d(takeRows(views.second[side], dimensions, rows), shape),
          temperature: contrastTemperature,
        });
        return {
          first: await engine.read(tf.mul(gradients.users, contrastWeight)),
          second: await engine.read(tf.mul(gradients.items, contrastWeight)),
          loss: (await engine.read(loss))[0] as number,
        };
      });
      addRows(result.first, rows, dimensions, views.firstGradient[side]);
      addRows(result.second, rows, dimensions, views.secondGradient[side]);
      total += contrastWeight * result.loss;
    }
    return total;
  }
}

/** The batch's users and the distinct items of their positives, at most `limit` of each, drawn at random. */
function contrastNodes(
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
