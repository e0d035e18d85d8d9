import { existsSync } from 'node:fs';
import { describe } from 'vitest';
import { probeInChild } from '../src/probe-in-child.js';
import { describeConformance } from './conformance.js';
import type { ConformanceCase } from './conformance-cases.js';

/** The software Vulkan driver that Debian's chromium-common carries; needs libvulkan1 beside it. */
const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';

let probe = await probeInChild('webgpu');
if (!probe.available && existsSync(SWIFTSHADER)) {
  process.env.VK_ICD_FILENAMES = SWIFTSHADER;
  probe = await probeInChild('webgpu');
}
if (!probe.available) console.info(`engine conformance: webgpu does not run: ${probe.why}; ${probe.remedy}`);

describe.skipIf(!probe.available)('WebGPU', () => {
  // Each new shape compiles a shader, slowly on a software adapter: of the elementwise sizes one awkward one is kept.
  describeConformance('webgpu', {}, (each) => !['1,1', '1,7', '7,1', '8,16', '33,31'].includes(shapeOf(each)));
});

function shapeOf(each: ConformanceCase): string {
  return String(each.inputs[0]?.shape);
}
