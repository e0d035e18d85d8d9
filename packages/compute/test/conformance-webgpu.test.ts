import { existsSync } from 'node:fs';
import { describe } from 'vitest';
import { probeInChild } from '../src/probe-in-child.js';
import { describeConformance } from './conformance.js';

/** The software Vulkan driver that Debian's chromium-common carries; needs libvulkan1 beside it. */
const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';

let probe = await probeInChild('webgpu');
if (!probe.available && existsSync(SWIFTSHADER)) {
  process.env.VK_ICD_FILENAMES = SWIFTSHADER;
  probe = await probeInChild('webgpu');
}
if (!probe.available) console.info(`engine conformance: webgpu does not run: ${probe.why}; ${probe.remedy}`);

describe.skipIf(!probe.available)('WebGPU', () => {
  describeConformance('webgpu');
});
