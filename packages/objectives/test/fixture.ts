import { loadEngine, type TensorFlow } from '@kindred/compute';
import { expectClose } from './expect-close.js';
import type { Matrix } from './naive-losses.js';

/** Set by `startReferenceEngine`. */
export let tf: TensorFlow;

/** The cpu engine: the reference, in plain JavaScript. */
export async function startReferenceEngine(): Promise<void> {
  tf = (await loadEngine('cpu')).tf;
}

export function expectTensorClose(tensor: { arraySync(): unknown }, expected: Matrix, tolerance: number): void {
  expectClose('tensor', tensor.arraySync() as number[][], expected, tolerance);
}
