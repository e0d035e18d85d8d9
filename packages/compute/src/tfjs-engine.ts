import { KindredError } from '@kindred/domain';
import type { Tensor } from '@tensorflow/tfjs';
import type { LoadedBackend } from './driver.js';
import type { Engine, EngineName, MatmulOptions, MatrixShape, TensorFlow } from './engine.js';
import { checkMatmul, type HostMatmul } from './host-matrix.js';
import { TensorScopes } from './tensor-scope.js';

/** The engine whose backend TensorFlow.js uses now. */
let active: TfjsEngine | undefined;

/** One engine on a loaded backend of TensorFlow.js. Making one makes it the active one. */
export class TfjsEngine implements Engine {
  readonly name: EngineName;
  readonly description: string;
  readonly tf: TensorFlow;
  readonly #backend: LoadedBackend;
  readonly #scopes: TensorScopes;

  constructor(name: EngineName, backend: LoadedBackend) {
    this.name = name;
    this.description = backend.description;
    this.tf = backend.tf;
    this.#backend = backend;
    this.#scopes = new TensorScopes(backend.tf);
    active = this;
  }

  async read(tensor: Tensor, out?: Float32Array): Promise<Float32Array> {
    this.#requireActive();
    if (out !== undefined && out.length !== tensor.size) {
      throw new KindredError('MATRIX_INVALID', `${tensor.size} numbers do not go into an array of ${out.length}`);
    }
    const view = this.#backend.findView?.(tensor);
    const values: unknown = view ?? (await tensor.data());
    if (!isNumeric(values)) {
      throw new KindredError('MATRIX_INVALID', `a tensor of ${tensor.dtype} can not be read as numbers`);
    }
    if (out !== undefined) {
      out.set(values);
      return out;
    }
    if (!(values instanceof Float32Array)) return Float32Array.from(values);
    return view === undefined && this.#backend.readsCopy ? values : values.slice();
  }

  async matmul(
    a: Float32Array,
    shapeA: MatrixShape,
    b: Float32Array,
    shapeB: MatrixShape,
    options: MatmulOptions = {},
  ): Promise<Float32Array> {
    this.#requireActive();
    const product = checkMatmul(a, shapeA, b, shapeB, options);
    if (product.out.length === 0) return product.out;
    if (a.length === 0) return product.out.fill(0);
    const multiply = this.#backend.hostProduct ?? ((host: HostMatmul) => this.#multiplyAsTensors(host));
    await multiply(product);
    return product.out;
  }

  scope<T>(body: () => Promise<T>): Promise<T>;
  scope<T>(body: () => T): T;
  scope<T>(body: () => T | Promise<T>): T | Promise<T> {
    this.#requireActive();
    return this.#scopes.run(body);
  }

  tensorCount(): number {
    return this.tf.engine().state.numTensors;
  }

  async dispose(): Promise<void> {
    if (active === this) active = undefined;
    this.#backend.release();
  }

  async #multiplyAsTensors({ a, shapeA, transposeA, b, shapeB, transposeB, out }: HostMatmul): Promise<void> {
    const product = this.tf.tidy(() =>
      this.tf.matMul(this.tf.tensor2d(a, [...shapeA]), this.tf.tensor2d(b, [...shapeB]), transposeA, transposeB),
    );
    try {
      out.set((await product.data()) as Float32Array);
    } finally {
      product.dispose();
    }
  }

  #requireActive(): void {
    if (active !== this) {
      throw new KindredError('ENGINE_INACTIVE', `the engine ${this.name} is not the one in use in this process`);
    }
  }
}

function isNumeric(values: unknown): values is Float32Array | Int32Array | Uint8Array {
  return values instanceof Float32Array || values instanceof Int32Array || values instanceof Uint8Array;
}
