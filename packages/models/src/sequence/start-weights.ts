import type { Random } from '@kindred/domain';
import { type SequenceShape, weightCount, weightPlaces } from '../artefact/index.js';

/** Positions and the mask start this long, items with length one: at first a history is read as a set. */
const POSITION_LENGTH = 0.1;
/** What a block adds to its input starts this much smaller than it would be by the fan-in alone. */
const BRANCH_SCALE = 0.3;

/** The weights before the first step: gains one, shifts zero, matrices normal with variance 1 / inputs. [n, d] */
export function startWeights(shape: SequenceShape, random: Random): Float32Array {
  const weights = new Float32Array(weightCount(shape));
  for (const { name, shape: size, start, end } of weightPlaces(shape)) {
    const deviation = deviationOf(name, size);
    for (let k = start; k < end; k++) weights[k] = deviation * random.normal();
    if (name.endsWith('Gain')) weights.fill(1, start, end);
  }
  return weights;
}

function deviationOf(name: string, [inputs, outputs]: readonly [number, number]): number {
  if (name === 'positions' || name === 'mask') return POSITION_LENGTH / Math.sqrt(outputs);
  if (inputs === 1) return 0;
  return (name.endsWith('attended') || name.endsWith('output') ? BRANCH_SCALE : 1) / Math.sqrt(inputs);
}
