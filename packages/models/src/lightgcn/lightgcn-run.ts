import type { ModelArtefact } from '../artefact/index.js';
import { GraphTables } from '../graph/graph-tables.js';
import { type LayerWeights, meanOfAllLayers } from '../graph/propagation.js';
import type { MethodContext, MethodRun, SavedRun, Table, Vocabulary } from '../learned-method.js';
import type { LightGcnSettings } from './lightgcn-settings.js';

/** A training of LightGCN: one clean pass over the graph, the ranking loss on what it reads out. */
export class LightGcnRun implements MethodRun {
  readonly settings: LightGcnSettings;
  readonly plannedEpochs: number;
  readonly stepsPerEpoch: number;
  readonly tables: readonly Table[];
  readonly #graph: GraphTables;
  readonly #readout: LayerWeights;

  constructor(context: MethodContext, settings: LightGcnSettings) {
    this.settings = settings;
    this.plannedEpochs = settings.epochs;
    this.#graph = new GraphTables(context, 'lightgcn', settings);
    this.#readout = meanOfAllLayers(settings.layers);
    this.stepsPerEpoch = this.#graph.batches.batchesPerEpoch;
    this.tables = this.#graph.tables;
  }

  async step(): Promise<number> {
    const users = this.#graph.batches.next();
    const [readout] = this.#graph.read([this.#readout]);
    const gradient = this.#graph.zeros();
    const loss = await this.#graph.ranking(users, readout, gradient);
    this.#graph.descend([this.#readout], [gradient]);
    return loss;
  }

  artefact(vocabulary: Vocabulary): ModelArtefact {
    return this.#graph.artefact(vocabulary, 'lightgcn', this.#readout);
  }

  save(): SavedRun {
    return this.#graph.state.save();
  }

  restore(saved: SavedRun): void {
    this.#graph.state.restore(saved);
  }
}
