import type { ModelArtefact } from '../artefact/index.js';
import { GraphTables } from '../graph/graph-tables.js';
import type { NodeRows } from '../graph/interaction-graph.js';
import { layerNoise } from '../graph/layer-noise.js';
import { type LayerWeights, meanWithoutStart, onlyLayer } from '../graph/propagation.js';
import { ViewContrast } from '../graph/view-contrast.js';
import type { MethodContext, MethodRun, SavedRun, Table, Vocabulary } from '../learned-method.js';
import type { XSimGclSettings } from './xsimgcl-settings.js';

/**
 * A training of XSimGCL: one pass with noise for everything. The ranking loss is on its readout; the contrast is
 * between that readout and one layer of the same pass.
 */
export class XSimGclRun implements MethodRun {
  readonly settings: XSimGclSettings;
  readonly plannedEpochs: number;
  readonly stepsPerEpoch: number;
  readonly tables: readonly Table[];
  readonly #graph: GraphTables;
  readonly #readout: LayerWeights;
  readonly #contrasted: LayerWeights;
  readonly #contrast: ViewContrast;
  readonly #noise: (layer: NodeRows) => void;

  constructor(context: MethodContext, settings: XSimGclSettings) {
    this.settings = settings;
    this.plannedEpochs = settings.epochs;
    this.#graph = new GraphTables(context, 'xsimgcl', settings);
    this.#readout = meanWithoutStart(settings.layers);
    this.#contrasted = onlyLayer(settings.contrastedLayer);
    this.#contrast = new ViewContrast(context, settings, this.#graph.random('nodes'));
    this.#noise = layerNoise(this.#graph.random('noise'), settings.dimensions, settings.noise);
    this.stepsPerEpoch = this.#graph.batches.batchesPerEpoch;
    this.tables = this.#graph.tables;
  }

  async step(): Promise<number> {
    const users = this.#graph.batches.next();
    const readouts = [this.#readout, this.#contrasted] as const;
    const [readout, layer] = this.#graph.read(readouts, this.#noise);
    const gradient = this.#graph.zeros();
    const layerGradient = this.#graph.zeros();
    const ranking = await this.#graph.ranking(users, readout, gradient);
    const views = { first: readout, second: layer, firstGradient: gradient, secondGradient: layerGradient };
    const contrast = await this.#contrast.add(users, views);
    this.#graph.descend(readouts, [gradient, layerGradient]);
    return ranking + contrast;
  }

  artefact(vocabulary: Vocabulary): ModelArtefact {
    return this.#graph.artefact(vocabulary, 'xsimgcl', this.#readout);
  }

  save(): SavedRun {
    return this.#graph.state.save();
  }

  restore(saved: SavedRun): void {
    this.#graph.state.restore(saved);
  }
}
