import type { Tensor } from '@tensorflow/tfjs';

/** The engines of TensorFlow.js that Kindred knows, in the order in which `auto` asks (docs/decisions/0008). */
export const ENGINE_NAMES = ['tensorflow', 'wasm', 'webgpu', 'cpu'] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

/** The union package of TensorFlow.js: the same object whichever engine is active. */
export type TensorFlow = typeof import('@tensorflow/tfjs');

/** Rows and columns of a row-major matrix, as it is stored. */
export type MatrixShape = readonly [rows: number, columns: number];

export interface MatmulOptions {
  /** Multiply by the transpose of A: A is stored as [K, M]. */
  readonly transposeA?: boolean;
  /** Multiply by the transpose of B: B is stored as [N, K]. */
  readonly transposeB?: boolean;
  /** [M, N]: where the product goes; it may not share memory with A or B. A fresh array when absent. */
  readonly out?: Float32Array;
}

/**
 * A loaded engine. TensorFlow.js has one backend at a time in a process, so only the engine that was loaded last
 * is active: the others refuse with ENGINE_INACTIVE until `loadEngine` is asked for them again. Tensors belong to
 * the engine that made them and do not survive the change.
 *
 * Some engines keep a typed array that is handed to `tf.tensor` instead of copying it: leave such an array alone
 * until the tensor is released.
 */
export interface Engine {
  readonly name: EngineName;
  /** For reports: what runs and on what, e.g. `TensorFlow 2.10.1, CPU`. */
  readonly description: string;
  readonly tf: TensorFlow;
  /**
   * The numbers of a tensor, as a copy that the caller owns. Asynchronous because webgpu has no other way.
   * Booleans and int32 become floats.
   * @param out where they go: an array kept from step to step costs no new memory. A fresh one when absent
   * @throws KindredError MATRIX_INVALID when `out` has another length
   */
  read(tensor: Tensor, out?: Float32Array): Promise<Float32Array>;
  /**
   * C = A · B on arrays of the host, by the fastest way of this engine; NaN and infinities propagate.
   * @param shapeA as stored: [M, K], or [K, M] with transposeA
   * @param shapeB as stored: [K, N], or [N, K] with transposeB
   * @returns [M, N]: `options.out` when given
   * @throws KindredError MATRIX_INVALID when shapes do not fit or `out` overlaps an input
   */
  matmul(
    a: Float32Array,
    shapeA: MatrixShape,
    b: Float32Array,
    shapeB: MatrixShape,
    options?: MatmulOptions,
  ): Promise<Float32Array>;
  /**
   * Runs `body` and releases every tensor made in it but the ones that it returns (in arrays and plain objects too).
   * Variables stay. The asynchronous form may await reads between operations; scopes nest but may not interleave.
   * @throws KindredError TENSOR_LEAK when a tensor outlives the scope by other ways (tf.keep), or scopes interleave
   */
  scope<T>(body: () => Promise<T>): Promise<T>;
  scope<T>(body: () => T): T;
  /** Live tensors of the process, variables included: equal before and after a training step, or something leaks. */
  tensorCount(): number;
  /** Gives back what the engine holds (sessions, heap). It can be loaded again. */
  dispose(): Promise<void>;
}

export interface EngineOptions {
  /**
   * Threads on tensorflow (the first load in a process decides) and of ONNX Runtime on wasm;
   * webgpu, plain wasm and cpu have no choice. Default: the cores that this process may use.
   */
  readonly threads?: number;
  /** wasm only: let ONNX Runtime do its matrix products, and exp and softmax of large tensors, where it loads. Default true. */
  readonly onnxRuntime?: boolean;
}

/** One line of the table that `kindred doctor` prints. */
export interface EngineReport {
  readonly name: EngineName;
  readonly available: boolean;
  /** What would run, or that nothing does. */
  readonly detail: string;
  /** Why the engine, or the faster form of it, is not available. */
  readonly why?: string;
  /** What would make it available: a command or an action. */
  readonly remedy?: string;
  /** Whether `auto` picks this engine here. */
  readonly chosenByAuto: boolean;
}
