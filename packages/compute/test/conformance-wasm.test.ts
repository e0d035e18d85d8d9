import { describe } from 'vitest';
import { describeConformance } from './conformance.js';

describe('wasm with its own products', () => {
  describeConformance('wasm', { onnxRuntime: false });
});
