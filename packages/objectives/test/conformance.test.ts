import { existsSync } from 'node:fs';
import { type EngineName, type EngineOptions, loadEngine } from '@kindred/compute';
import { describe, it } from 'vitest';
import { describeConformance } from './conformance.js';

/** The software Vulkan driver that Debian's chromium-common carries. */
const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';
if (existsSync(SWIFTSHADER)) process.env.VK_ICD_FILENAMES ??= SWIFTSHADER;

const ENGINES: readonly (readonly [label: string, EngineName, EngineOptions?])[] = [
  ['cpu', 'cpu'],
  ['wasm with ONNX Runtime where it loads', 'wasm', { threads: 2 }],
  ['wasm with its own products', 'wasm', { onnxRuntime: false }],
  ['tensorflow', 'tensorflow'],
  ['webgpu', 'webgpu'],
];

for (const [label, name, options] of ENGINES) {
  const obstacle = await findObstacle(name);
  if (obstacle === undefined) describeConformance(label, name, options);
  else describe.skip(label, () => it(obstacle, () => undefined));
}

/** Why the engine does not load here, in one line. Those in JavaScript and WebAssembly always do. */
async function findObstacle(name: EngineName): Promise<string | undefined> {
  if (name === 'cpu' || name === 'wasm') return undefined;
  try {
    await loadEngine(name);
    return undefined;
  } catch (fault) {
    return String(fault);
  }
}
