import { describe } from 'vitest';
import { probeInChild } from '../src/probe-in-child.js';
import { describeConformance } from './conformance.js';

const probe = await probeInChild('tensorflow');
if (!probe.available) console.info(`engine conformance: tensorflow does not run: ${probe.why}; ${probe.remedy}`);

describe.skipIf(!probe.available)('native TensorFlow', () => {
  describeConformance('tensorflow');
});
