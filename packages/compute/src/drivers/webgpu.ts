import * as tf from '@tensorflow/tfjs';
import { DriverUnavailable, type EngineDriver, faultLine } from '../driver.js';

const PACKAGE = 'webgpu';
const NO_ADAPTER_REMEDY = "Install the Vulkan loader (Debian: libvulkan1) and the Vulkan driver of the card's maker";

interface AdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
}
interface Adapter {
  readonly info: AdapterInfo;
  requestDevice(descriptor?: { requiredFeatures?: unknown[] }): Promise<unknown>;
}
interface Gpu {
  requestAdapter(options?: unknown): Promise<Adapter | null>;
}
interface DawnModule {
  create(flags: string[]): Gpu;
  readonly globals: Record<string, unknown>;
}

/** The adapter that was handed to TensorFlow.js last. */
let adapterInfo: AdapterInfo | undefined;
let gpu: Gpu | undefined;

/** WebGPU through Dawn (npm `webgpu`): any graphics card with a Vulkan, Metal or D3D12 driver, no CUDA needed. */
export const webgpuDriver: EngineDriver = {
  name: 'webgpu',
  tryInChild: true,
  findObstacle: () => undefined,
  async load() {
    gpu ??= await openDawn();
    if ((await gpu.requestAdapter()) === null) {
      throw new DriverUnavailable('no graphics adapter answers', NO_ADAPTER_REMEDY);
    }
    // The backend registers itself only where navigator.gpu is there already.
    await import('@tensorflow/tfjs-backend-webgpu');
    if (!(await tf.setBackend('webgpu'))) {
      throw new DriverUnavailable('the graphics adapter refuses to make a device', NO_ADAPTER_REMEDY);
    }
    await tf.ready();
    return {
      description: `WebGPU (Dawn), ${adapterName()}`,
      tf,
      readsCopy: false,
      release: () => undefined,
    };
  },
};

async function openDawn(): Promise<Gpu> {
  let dawn: DawnModule;
  try {
    const specifier: string = PACKAGE;
    dawn = (await import(specifier)) as DawnModule;
  } catch (fault) {
    const why = `the package ${PACKAGE} does not load (${faultLine(fault)})`;
    throw new DriverUnavailable(why, 'npm install --no-save webgpu@0.6.2', { cause: fault });
  }
  Object.assign(globalThis, dawn.globals);
  const opened = mendFeatureLists(dawn.create([]));
  const target = globalThis as { navigator?: object };
  if (target.navigator === undefined) Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true });
  Object.defineProperty(target.navigator, 'gpu', { value: opened, configurable: true });
  return opened;
}

/** TensorFlow.js asks for features as a list within the list, which Dawn refuses: flatten it on the way. */
function mendFeatureLists(opened: Gpu): Gpu {
  const requestAdapter = opened.requestAdapter.bind(opened);
  opened.requestAdapter = async (options) => {
    const adapter = await requestAdapter(options);
    if (adapter === null) return null;
    adapterInfo = adapter.info;
    const requestDevice = adapter.requestDevice.bind(adapter);
    adapter.requestDevice = (descriptor) =>
      requestDevice({ ...descriptor, requiredFeatures: (descriptor?.requiredFeatures ?? []).flat() });
    return adapter;
  };
  return opened;
}

function adapterName(): string {
  if (adapterInfo === undefined) return 'unknown adapter';
  const { description, device, architecture, vendor } = adapterInfo;
  return [vendor, architecture, device, description].filter((part) => part !== '').join(' ');
}
