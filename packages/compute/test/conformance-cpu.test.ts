import { describe } from 'vitest';
import { describeConformance } from './conformance.js';

describe('the cpu reference', () => {
  describeConformance('cpu');
});
