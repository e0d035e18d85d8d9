/** Items found, best first. Both arrays have the same length, at most the k that was asked for. */
export interface Neighbours {
  /** Positions of the items in the matrix that the index was built from. */
  readonly positions: Uint32Array;
  /** Inner products with the query. */
  readonly scores: Float32Array;
}

/** An index for the largest inner products, opened and ready to search. */
export interface VectorIndex {
  readonly driver: DriverName;
  readonly dimensions: number;
  readonly size: number;
  /** How many candidates the graph search keeps (ef); ignored by exact scan. */
  efSearch: number;
  /**
   * The k items with the largest inner product with the query.
   * @param query [dimensions]
   * @param k at most `size` are returned
   * @throws KindredError REQUEST_INVALID when the query has another length or holds NaN
   */
  search(query: Float32Array, k: number): Neighbours;
}

export type DriverName = 'hnsw' | 'exact';

/** How a graph is built and searched. */
export interface IndexSettings {
  /** Links of a node on the upper layers (twice as many on the lowest). */
  readonly m: number;
  /** Candidates kept while building. */
  readonly efConstruction: number;
  /** Candidates kept while searching, at first; raised when measured recall asks for it. */
  readonly efSearch: number;
  readonly seed: number;
}

/**
 * The one home of the graph's parameters. M and efConstruction follow hnswlib's ALGO_PARAMS for vectors of
 * about 100 dimensions and high recall; see docs/decisions/0007-vector-index.md for what was measured.
 */
export const DEFAULT_INDEX_SETTINGS: IndexSettings = { m: 16, efConstruction: 200, efSearch: 100, seed: 1 };

/** Why a driver can't be used here, and what would bring it. */
export interface DriverFault {
  readonly why: string;
  readonly remedy: string;
}

/** A way to build and open an index. */
export interface VectorIndexDriver {
  readonly name: DriverName;
  /** Undefined when it can be used here. */
  findFault(): Promise<DriverFault | undefined>;
  /**
   * Builds an index and writes it to `file`.
   * @param vectors [size, dimensions] row-major
   */
  build(vectors: Float32Array, dimensions: number, settings: IndexSettings, file: string): Promise<void>;
  /** Opens what `build` wrote. @throws KindredError INDEX_CORRUPT */
  open(file: string, size: number, dimensions: number, efSearch: number): Promise<VectorIndex>;
}
