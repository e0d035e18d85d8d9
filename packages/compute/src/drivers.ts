import type { EngineDriver } from './driver.js';
import type { EngineName } from './engine.js';

/** Drivers are loaded when asked for: TensorFlow.js alone takes half a second. */
const DRIVERS: Readonly<Record<EngineName, () => Promise<EngineDriver>>> = {
  tensorflow: async () => (await import('./drivers/tensorflow.js')).tensorflowDriver,
  webgpu: async () => (await import('./drivers/webgpu.js')).webgpuDriver,
  wasm: async () => (await import('./drivers/wasm.js')).wasmDriver,
  cpu: async () => (await import('./drivers/cpu.js')).cpuDriver,
};

export function getDriver(name: EngineName): Promise<EngineDriver> {
  return DRIVERS[name]();
}
