import { findKernelModule, instantiateKernels, type RowKernels } from './row-kernels.js';
import { type WasmMemory, webAssembly } from './web-assembly.js';

/** Arrays that `Arena.place` takes. */
export type Placeable = Float32Array | Uint32Array;

/**
 * Where the large arrays of a training lie. In the arena of `createArena` they share the memory of the row kernels,
 * which then do the loops over them; anywhere else plain loops do. An array lives as long as a view of it is held.
 */
export interface Arena {
  /** Zeros. */
  floats(length: number): Float32Array;
  /** Zeros. */
  words(length: number): Uint32Array;
  /** A copy. */
  place<T extends Placeable>(array: T): T;
}

/** Ordinary arrays. */
export const plainArena: Arena = {
  floats: (length) => new Float32Array(length),
  words: (length) => new Uint32Array(length),
  place: <T extends Placeable>(array: T) => array.slice() as T,
};

/**
 * Sizes to try, in pages of 64 KiB: 4 GiB is the most that 32-bit addresses reach. Its size costs address space alone; a page
 * of the machine is taken when it is first written to.
 */
const PAGES = [65_536, 16_384, 4_096];
/** Of every array's first byte: a line of the cache. */
const ALIGNED = 64;
const kernelsOf = new WeakMap<ArrayBufferLike, RowKernels>();

/** An arena of its own memory; a plain one where WebAssembly lacks SIMD or no memory can be had. */
export function createArena(): Arena {
  const module = findKernelModule();
  const memory = module === undefined ? undefined : findMemory();
  if (module === undefined || memory === undefined) return plainArena;
  const { buffer } = memory;
  let next = ALIGNED; // address 0 stands for "none"
  /** Where so many numbers of four bytes fit: in the memory, or outside when it is full. */
  const take = (length: number): [ArrayBuffer, number] => {
    const start = next;
    if (start + 4 * length > buffer.byteLength) return [new ArrayBuffer(4 * length), 0];
    next = Math.ceil((start + 4 * length) / ALIGNED) * ALIGNED;
    return [buffer, start];
  };
  const floats = (length: number) => new Float32Array(...take(length), length);
  const words = (length: number) => new Uint32Array(...take(length), length);
  kernelsOf.set(buffer, instantiateKernels(module, memory, words));
  const place = <T extends Placeable>(array: T): T => {
    const copy = array instanceof Float32Array ? floats(array.length) : words(array.length);
    copy.set(array);
    return copy as T;
  };
  return { floats, words, place };
}

/** The kernels that reach all of these arrays; undefined where plain loops have to do. */
export function findKernels(first: Placeable, ...others: readonly (Placeable | undefined)[]): RowKernels | undefined {
  for (const other of others) if (other !== undefined && other.buffer !== first.buffer) return undefined;
  return kernelsOf.get(first.buffer);
}

/** Also with a ceiling on the process's address space: then by smaller steps, then not at all. */
function findMemory(): WasmMemory | undefined {
  for (const pages of PAGES) {
    try {
      return webAssembly === undefined ? undefined : new webAssembly.Memory({ initial: pages, maximum: pages });
    } catch (fault) {
      if (!(fault instanceof RangeError)) throw fault;
    }
  }
  return undefined;
}
