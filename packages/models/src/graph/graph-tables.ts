import type { Random } from '@kindred/domain';
import { cosineRate } from '../adam.js';
import type { ModelArtefact } from '../artefact/index.js';
import type { EpochBatches } from '../epoch-batches.js';
import { equalLengths, withRoom } from '../equal-lengths.js';
import type { MethodContext, Table, Vocabulary } from '../learned-method.js';
import { RunState, type TrainedTable } from '../run-state.js';
import { addScaled } from '../scaled-sum.js';
import { servedArtefact, trainedUsers } from '../served-artefact.js';
import { usersWithPositives } from '../users-with-positives.js';
import { createRankingLoss } from './create-ranking-loss.js';
import type { GraphSettings } from './graph-settings.js';
import { InteractionGraph, type NodeRows } from './interaction-graph.js';
import { type LayerWeights, propagate, propagateBack, type Readouts } from './propagation.js';
import type { RankingLoss } from './ranking-loss.js';

/**
 * What the methods on the graph share: the vectors E^0 of all users and items, which are learned, the graph that
 * carries them, the ranking loss, the optimiser and the artefact. What a step contrasts is the method's own.
 */
export class GraphTables {
  readonly state: RunState;
  readonly batches: EpochBatches;
  readonly ranking: RankingLoss;
  readonly tables: readonly Table[];
  readonly #context: MethodContext;
  readonly #settings: GraphSettings;
  readonly #graph: InteractionGraph;
  readonly #users: TrainedTable; // E^0 of users, [U, d]
  readonly #items: TrainedTable; // E^0 of items, [I, d]

  constructor(context: MethodContext, method: string, settings: GraphSettings) {
    const { positives } = context.data;
    this.#context = context;
    this.#settings = settings;
    this.state = new RunState(context.seed, method);
    this.#graph = new InteractionGraph(positives, settings.dimensions);
    const members = usersWithPositives(context.data);
    this.batches = this.state.batches('order', members, settings.batchSize);
    this.ranking = createRankingLoss(context, settings, this.state);
    this.#users = this.state.randomTable('users', positives.rowCount, settings.dimensions);
    this.#items = this.state.randomTable('items', positives.columnCount, settings.dimensions);
    this.tables = [this.#users, this.#items];
  }

  /** A random stream that checkpoints keep. */
  random(name: string): Random {
    return this.state.random(name);
  }

  /** One pass over the graph, one result for each readout; `perturb` changes each layer in place. */
  read<const R extends readonly LayerWeights[]>(readouts: R, perturb?: (layer: NodeRows) => void): Readouts<R> {
    return propagate(this.#graph, this.#start(), readouts, perturb);
  }

  /** Zeros, for gradients. */
  zeros(): NodeRows {
    return this.#graph.rows();
  }

  /** One step of Adam down the gradients of the readouts. */
  descend(readouts: readonly LayerWeights[], gradients: readonly NodeRows[]): void {
    const { learningRate, finalLearningRate, epochs, weightDecay } = this.#settings;
    const planned = epochs * this.batches.batchesPerEpoch;
    const rate = cosineRate(learningRate, finalLearningRate, this.#items.adam.steps, planned);
    const gradient = propagateBack(this.#graph, readouts, gradients);
    for (const side of ['users', 'items'] as const) {
      const table = side === 'users' ? this.#users : this.#items;
      addScaled(table.values, weightDecay, gradient[side]);
      table.adam.stepAll(gradient[side], rate);
    }
  }

  /**
   * The readout as a model. A user is r_u = c_0 E^0_u + sum_i A_ui H_i with H = sum_k c_k E^{k-1}, k >= 1: the sum over
   * their items is the encoder of everybody else, so that folding in misses c_0 E^0_u only.
   */
  artefact(vocabulary: Vocabulary, method: string, layerWeights: LayerWeights): ModelArtefact {
    const { dimensions, temperature, priorStrength, priorWindowDays, objective } = this.#settings;
    const { data } = this.#context;
    const [readout, sources] = this.read([layerWeights, layerWeights.slice(1)]);
    const byLength = objective === 'bpr';
    const width = byLength ? dimensions + 1 : dimensions;
    const users = byLength ? withRoom(readout.users, dimensions) : readout.users;
    return servedArtefact({
      method,
      settings: this.#settings,
      data,
      vocabulary,
      items: byLength ? equalLengths(readout.items, dimensions) : readout.items,
      context: byLength ? withRoom(sources.items, dimensions) : sources.items,
      itemScale: this.#graph.itemScale,
      width,
      temperature,
      priorStrength,
      priorWindowDays,
      users: trainedUsers(data, vocabulary, users, width, priorStrength),
    });
  }

  #start(): NodeRows {
    return { users: this.#users.values, items: this.#items.values };
  }
}
