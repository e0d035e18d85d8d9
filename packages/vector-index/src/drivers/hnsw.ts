import { KindredError } from '@kindred/domain';
import { checkQuery } from '../exact-scan.js';
import type { IndexSettings, Neighbours, VectorIndex, VectorIndexDriver } from '../vector-index.js';

/**
 * What is used of hnswlib-node's index, declared here: the package is optional, and without a compiler npm leaves it out,
 * types included.
 */
interface HierarchicalNSW {
  initIndex(options: { maxElements: number; m: number; efConstruction: number; randomSeed: number }): void;
  addPoint(point: number[], label: number): void;
  searchKnn(point: number[], count: number): { distances: number[]; neighbors: number[] };
  writeIndexSync(file: string): void;
  readIndex(file: string): Promise<boolean>;
  getCurrentCount(): number;
  getEf(): number;
  setEf(ef: number): void;
}

interface HnswModule {
  readonly HierarchicalNSW: new (space: 'ip', dimensions: number) => HierarchicalNSW;
}

/** A string to the compiler, not a module: it must not look for the package's types. */
const MODULE: string = 'hnswlib-node';

/**
 * hnswlib (Malkov and Yashunin, 2016) through hnswlib-node.
 *
 * A graph over raw inner products falls apart when norms differ: few nodes are anybody's neighbour. Every
 * vector therefore gets one more dimension, sqrt(M² - |x|²) with M the largest norm, and every query a zero
 * there (Bachrach et al., 2014): all rows have the norm M, so the graph is that of the cosine, and the inner
 * products with queries are unchanged.
 */
export const hnswDriver: VectorIndexDriver = {
  name: 'hnsw',

  async findFault() {
    try {
      await loadModule();
      return undefined;
    } catch (cause) {
      const reason = ((cause as Error).message ?? String(cause)).split('\n', 1)[0];
      return {
        why: `hnswlib-node can not be loaded: ${reason}`,
        remedy: 'with a C++ compiler, make and python3 there: npm install --no-save hnswlib-node@3.0.0',
      };
    }
  },

  async build(vectors, dimensions, settings, file) {
    const module = await loadModule();
    const index = new module.HierarchicalNSW('ip', dimensions + 1);
    fill(index, vectors, dimensions, settings);
    index.writeIndexSync(file);
  },

  async open(file, size, dimensions, efSearch) {
    const module = await loadModule();
    const index = new module.HierarchicalNSW('ip', dimensions + 1);
    try {
      await index.readIndex(file);
    } catch (cause) {
      throw new KindredError('INDEX_CORRUPT', `${file} can not be read as an hnswlib index`, { cause });
    }
    if (index.getCurrentCount() !== size) {
      throw new KindredError('INDEX_CORRUPT', `${file} holds ${index.getCurrentCount()} vectors instead of ${size}`);
    }
    return new HnswIndex(index, size, dimensions, efSearch);
  },
};

async function loadModule(): Promise<HnswModule> {
  const loaded = (await import(MODULE)) as HnswModule & { default?: HnswModule };
  return loaded.default ?? loaded;
}

function fill(index: HierarchicalNSW, vectors: Float32Array, dimensions: number, settings: IndexSettings): void {
  const size = vectors.length / dimensions;
  const norms = squaredNorms(vectors, dimensions);
  const largest = norms.reduce((most, norm) => Math.max(most, norm), 0);
  index.initIndex({
    maxElements: Math.max(size, 1),
    m: settings.m,
    efConstruction: settings.efConstruction,
    randomSeed: settings.seed,
  });
  for (let row = 0; row < size; row++) {
    const point = Array.from(vectors.subarray(row * dimensions, (row + 1) * dimensions));
    point.push(Math.sqrt(Math.max(0, largest - (norms[row] as number))));
    index.addPoint(point, row);
  }
}

function squaredNorms(vectors: Float32Array, dimensions: number): Float64Array {
  const norms = new Float64Array(vectors.length / dimensions);
  for (let k = 0; k < vectors.length; k++) {
    const row = Math.floor(k / dimensions);
    norms[row] = (norms[row] as number) + (vectors[k] as number) ** 2;
  }
  return norms;
}

class HnswIndex implements VectorIndex {
  readonly driver = 'hnsw';
  readonly #index: HierarchicalNSW;

  constructor(
    index: HierarchicalNSW,
    readonly size: number,
    readonly dimensions: number,
    efSearch: number,
  ) {
    this.#index = index;
    // A loaded index has ef 10 whatever it was built with.
    this.efSearch = efSearch;
  }

  get efSearch(): number {
    return this.#index.getEf();
  }

  set efSearch(ef: number) {
    this.#index.setEf(ef);
  }

  search(query: Float32Array, k: number): Neighbours {
    checkQuery(query, this.dimensions);
    const wanted = Math.min(k, this.size);
    if (wanted <= 0) return { positions: new Uint32Array(0), scores: new Float32Array(0) };
    const point = Array.from(query);
    point.push(0);
    const { neighbors, distances } = this.#index.searchKnn(point, wanted);
    const order = neighbors
      .map((position, rank) => ({ position, score: 1 - (distances[rank] as number) }))
      .sort((a, b) => b.score - a.score || a.position - b.position);
    return {
      positions: Uint32Array.from(order, (found) => found.position),
      scores: Float32Array.from(order, (found) => found.score),
    };
  }
}
