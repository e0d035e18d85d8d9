import type { ModelArtefact } from '../artefact/index.js';
import { GraphTables } from '../graph/graph-tables.js';
import type { NodeRows } from '../graph/interaction-graph.js';
import { layerNoise } from '../graph/layer-noise.js';
import { type LayerWeights, meanWithoutStart } from '../graph/propagation.js';
import { ViewContrast } from '../graph/view-contrast.js';
import type { MethodContext, MethodRun, SavedRun, Table, Vocabulary } from '../learned-method.js';
import type { SimGclSettings } from './simgcl-settings.js';

/**
 * A training of SimGCL: a clean pass for the ranking loss, two passes with noise whose readouts of the same node are
 * brought together and apart from those of other nodes. All three read out alike, so one pass back serves them.
 */
export class SimGclRun implements MethodRun {
  readonly settings: SimGclSettings;
  readonly plannedEpochs: number;
  readonly stepsPerEpoch: number;
  readonly tables: readonly Table[];
  readonly #graph: GraphTables;
  readonly #readout: LayerWeights;
  readonly #contrast: ViewContrast;
  readonly #noise: (layer: NodeRows) => void;

  constructor(context: MethodContext, settings: SimGclSettings) {
    this.settings = settings;
    this.plannedEpochs = settings.epochs;
    this.#graph = new GraphTables(context, 'simgcl', settings);
    this.#readout = meanWithoutStart(settings.layers);
    this.#contrast = new ViewContrast(context, settings, this.#graph.random('nodes'));
    this.#noise = layerNoise(this.#graph.random('noise'), settings.dimensions, settings.noise);
    this.stepsPerEpoch = this.#graph.batches.batchesPerEpoch;
    this.tables = this.#graph.tables;
  }

  async step(): Promise<number> {
    const users = this.#graph.batches.next();
    const [readout] = this.#graph.read([this.#readout]);
    const [first] = this.#graph.read([this.#readout], this.#noise);
    const [second] = this.#graph.read([this.#readout], this.#noise);
    const gradient = this.#graph.zeros();
    const ranking = await this.#graph.ranking(users, readout, gradient);
    const views = { first, second, firstGradient: gradient, secondGradient: gradient };
    const contrast = await this.#contrast.add(users, views);
    this.#graph.descend([this.#readout], [gradient]);
    return ranking + contrast;
  }

  artefact(vocabulary: Vocabulary): ModelArtefact {
    return this.#graph.artefact(vocabulary, 'simgcl', this.#readout);
  }

  save(): SavedRun {
    return this.#graph.state.save();
  }

  restore(saved: SavedRun): void {
    this.#graph.state.restore(saved);
  }
}
