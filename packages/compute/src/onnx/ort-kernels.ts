import { createRequire } from 'node:module';
import { DriverUnavailable, faultLine } from '../driver.js';
import { ELEMENT_BFLOAT16, ELEMENT_FLOAT, type OnnxNode, writeOnnxModel } from './onnx-model.js';

/**
 * The synchronous binding that this file calls is not part of ONNX Runtime's public interface (its public `run`
 * is asynchronous in name only), so exactly this version is accepted.
 */
const ACCEPTED_VERSION = '1.30.0';
const REMEDY = `npm install --no-save onnxruntime-node@${ACCEPTED_VERSION}`;

/** One operand: row-major values, possibly a view of a wasm heap (never of shared memory). */
interface Operand {
  readonly values: Float32Array;
  /** [..., rows, columns]; leading extents broadcast. */
  readonly shape: readonly number[];
  /** Swap the last two axes. */
  readonly transposed: boolean;
}

/** Operators of one tensor that keep its shape; Softmax goes along the last axis. */
export type OrtOperator = 'Exp' | 'Softmax';

/** Matrix products and operators by ONNX Runtime: synchronous, reading and writing the given memory without a copy. */
export interface OrtKernels {
  readonly threads: number;
  /** @param out overwritten with op(A) · op(B); all extents at least 1 */
  multiply(a: Operand, b: Operand, out: Float32Array, shapeOut: readonly number[]): void;
  /** @param out overwritten; of the shape of the values, all extents at least 1 */
  apply(operator: OrtOperator, values: Float32Array, shape: readonly number[], out: Float32Array): void;
  /** A second call does nothing. */
  release(): void;
}

interface OrtTensor {
  readonly dims: readonly number[];
}
interface OrtSession {
  loadModel(buffer: ArrayBufferLike, byteOffset: number, byteLength: number, options: object): void;
  run(feeds: Record<string, OrtTensor>, fetches: Record<string, OrtTensor | null>, options: object): unknown;
  dispose(): void;
}
interface OrtModules {
  readonly Session: new () => OrtSession;
  readonly Tensor: new (type: 'float32', values: Float32Array, shape: readonly number[]) => OrtTensor;
}

/** @throws DriverUnavailable when ONNX Runtime is absent, of another version, or does not load */
export function loadOrtKernels(threads: number): OrtKernels {
  const { Session, Tensor } = requireOrt();
  // One for each choice of transposed operands: bit 0 for the first, bit 1 for the second.
  const products = openSessions(
    Session,
    threads,
    [0, 1, 2, 3].map((flags) => matmulModel((flags & 1) === 1, (flags & 2) === 2)),
  );
  // Opened when they are asked for: each has threads of its own.
  const operators = new Map<OrtOperator, OrtSession>();
  return {
    threads,
    multiply(a, b, out, shapeOut) {
      const session = products[(a.transposed ? 1 : 0) + (b.transposed ? 2 : 0)] as OrtSession;
      const feeds = { a: new Tensor('float32', a.values, a.shape), b: new Tensor('float32', b.values, b.shape) };
      runUncopied(session, feeds, { c: new Tensor('float32', out, shapeOut) });
    },
    apply(operator, values, shape, out) {
      const session =
        operators.get(operator) ?? (openSessions(Session, threads, [operatorModel(operator)])[0] as OrtSession);
      operators.set(operator, session);
      runUncopied(session, { a: new Tensor('float32', values, shape) }, { c: new Tensor('float32', out, shape) });
    },
    release() {
      for (const session of [...products.splice(0), ...operators.values()]) session.dispose();
      operators.clear();
    },
  };
}

/**
 * Runs a model whose outputs are `stop` and `c`. The binding copies every output into a fresh array, which nobody reads here: a third of
 * the time of a product of 1,000 by 4,096, and garbage of the size of whole matrices. It does so one output after the
 * other when all are computed, and gives up at a type that JavaScript has no array for: `stop`, of such a type, stands
 * before `c`, which then lies in its place and is not copied.
 */
function runUncopied(session: OrtSession, feeds: Record<string, OrtTensor>, fetches: Record<string, OrtTensor>): void {
  try {
    session.run(feeds, { stop: null, ...fetches }, {});
  } catch (fault) {
    if (!(fault instanceof Error && fault.message === STOPPED)) throw fault;
  }
}

const STOPPED = `Tensor type (${ELEMENT_BFLOAT16}) is not supported.`;

function openSessions(Session: OrtModules['Session'], threads: number, models: readonly Uint8Array[]): OrtSession[] {
  const sessions: OrtSession[] = [];
  try {
    for (const model of models) {
      const session = new Session();
      session.loadModel(model.buffer, model.byteOffset, model.byteLength, sessionOptions(threads));
      sessions.push(session);
    }
    return sessions;
  } catch (fault) {
    for (const session of sessions) session.dispose();
    throw new DriverUnavailable(`onnxruntime-node takes no model (${faultLine(fault)})`, REMEDY, { cause: fault });
  }
}

function requireOrt(): OrtModules {
  const require = createRequire(import.meta.url);
  try {
    const { version } = require('onnxruntime-node/package.json') as { version: string };
    if (version !== ACCEPTED_VERSION) throw new Error(`version ${version} is not ${ACCEPTED_VERSION}`);
    const { Tensor } = require('onnxruntime-node') as { Tensor: OrtModules['Tensor'] };
    const native = require('onnxruntime-node/dist/binding.js') as {
      binding: { InferenceSession: OrtModules['Session'] };
      initOrt(): void;
    };
    native.initOrt();
    return { Session: native.binding.InferenceSession, Tensor };
  } catch (fault) {
    throw new DriverUnavailable(`onnxruntime-node does not load (${faultLine(fault)})`, REMEDY, { cause: fault });
  }
}

/** Idle threads sleep: spinning between two products costs half as much again, and more where cores are shared. */
function sessionOptions(threads: number): object {
  return {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionProviders: ['cpu'],
    logSeverityLevel: 3,
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  };
}

/** c = op(a) · op(b) by ONNX Runtime's own FusedMatMul, which takes transposes and batches. */
export function matmulModel(transposeA: boolean, transposeB: boolean): Uint8Array {
  return modelOf({
    operator: 'FusedMatMul',
    domain: 'com.microsoft',
    inputs: ['a', 'b'],
    outputs: ['c'],
    attributes: { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 },
  });
}

function operatorModel(operator: OrtOperator): Uint8Array {
  return modelOf({ operator, domain: '', inputs: ['a'], outputs: ['c'], attributes: {} });
}

/** The model of one node that makes `c`, and before `c` the `stop` of `runUncopied`: some numbers of a type without an array. */
function modelOf(node: OnnxNode): Uint8Array {
  return writeOnnxModel({
    nodes: [
      { operator: 'Shape', domain: '', inputs: ['a'], outputs: ['shape'], attributes: {} },
      { operator: 'Cast', domain: '', inputs: ['shape'], outputs: ['stop'], attributes: { to: ELEMENT_BFLOAT16 } },
      node,
    ],
    inputs: node.inputs,
    outputs: [
      { name: 'stop', type: ELEMENT_BFLOAT16 },
      { name: 'c', type: ELEMENT_FLOAT },
    ],
    operatorSets: { '': 17, 'com.microsoft': 1 },
  });
}
