import { describe } from 'vitest';
import { loadOrtKernels } from '../src/onnx/ort-kernels.js';
import { describeConformance } from './conformance.js';

const obstacle = findObstacle();
if (obstacle !== undefined) console.info(`engine conformance: wasm with ONNX Runtime does not run: ${obstacle}`);

describe.skipIf(obstacle !== undefined)('wasm with ONNX Runtime products', () => {
  describeConformance('wasm', { threads: 2 });
});

function findObstacle(): string | undefined {
  try {
    loadOrtKernels(1).release();
    return undefined;
  } catch (fault) {
    return String(fault);
  }
}
