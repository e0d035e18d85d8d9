import { KindredError } from '@kindred/domain';
import type { Tensor } from '@tensorflow/tfjs';
import type { TensorFlow } from './engine.js';

/**
 * Scopes of tensors with a leak guard: after a scope no more tensors live than before it, but for
 * those that its body returns and for new variables.
 */
export class TensorScopes {
  readonly #tf: TensorFlow;
  readonly #open: symbol[] = [];

  constructor(tf: TensorFlow) {
    this.#tf = tf;
  }

  run<T>(body: () => T | Promise<T>): T | Promise<T> {
    const scope = this.#start();
    let result: T | Promise<T>;
    try {
      result = body();
    } catch (fault) {
      this.#end(scope, undefined);
      throw fault;
    }
    return result instanceof Promise ? this.#settle(scope, result) : this.#finish(scope, result);
  }

  async #settle<T>(scope: OpenScope, pending: Promise<T>): Promise<T> {
    let result: T;
    try {
      result = await pending;
    } catch (fault) {
      this.#end(scope, undefined);
      throw fault;
    }
    return this.#finish(scope, result);
  }

  #start(): OpenScope {
    const engine = this.#tf.engine();
    const unscoped = this.#countUnscoped();
    engine.startScope();
    const scope = { token: Symbol('scope'), id: engine.state.activeScope.id, unscoped };
    this.#open.push(scope.token);
    return scope;
  }

  /** Releases what the scope made but for the tensors of the result; returns how many of those it made. */
  #end(scope: OpenScope, result: unknown): number {
    if (this.#open.at(-1) !== scope.token) {
      throw new KindredError('TENSOR_LEAK', 'two asynchronous tensor scopes interleave; await one before the next');
    }
    this.#open.pop();
    const returned = [...tensorsIn(result, this.#tf)];
    const made = returned.filter((tensor) => tensor.scopeId === scope.id && !tensor.isDisposed).length;
    this.#tf.engine().endScope(returned);
    return made;
  }

  #finish<T>(scope: OpenScope, result: T): T {
    const made = this.#end(scope, result);
    const leaked = this.#countUnscoped() - scope.unscoped - made;
    if (leaked > 0) {
      throw new KindredError('TENSOR_LEAK', `${leaked} tensor(s) outlive their scope without being returned from it`);
    }
    return result;
  }

  /** Live tensors that are not variables. */
  #countUnscoped(): number {
    const engine = this.#tf.engine();
    return engine.state.numTensors - Object.keys(engine.registeredVariables).length;
  }
}

interface OpenScope {
  readonly token: symbol;
  /** TensorFlow.js marks each tensor with the scope that would release it. */
  readonly id: number;
  readonly unscoped: number;
}

/** The tensors in a value, its arrays and its plain objects. */
function tensorsIn(value: unknown, tf: TensorFlow, found = new Set<Tensor>(), seen = new Set<unknown>()): Set<Tensor> {
  if (value === null || typeof value !== 'object' || seen.has(value) || ArrayBuffer.isView(value)) return found;
  seen.add(value);
  if (value instanceof tf.Tensor) found.add(value as Tensor);
  else if (Array.isArray(value) || isPlain(value)) {
    for (const part of Object.values(value)) tensorsIn(part, tf, found, seen);
  }
  return found;
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
