export * from './engine.js';
export * from './engines.js';
export { type Arena, createArena, findKernels, plainArena } from './row-kernels/arena.js';
export type { AdamArrays } from './row-kernels/row-kernels.js';
