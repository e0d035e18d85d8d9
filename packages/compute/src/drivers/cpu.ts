import * as tf from '@tensorflow/tfjs';
import type { EngineDriver } from '../driver.js';

/** Plain JavaScript: slow, always there, the reference that the other engines are tested against. */
export const cpuDriver: EngineDriver = {
  name: 'cpu',
  tryInChild: false,
  findObstacle: () => undefined,
  async load() {
    await tf.setBackend('cpu');
    await tf.ready();
    // Its first use would print a banner that asks for another backend; this one was chosen.
    (tf.backend() as { firstUse?: boolean }).firstUse = false;
    return { description: 'JavaScript', tf, readsCopy: false, release: () => undefined };
  },
};
