import { setTimeout as sleep } from 'node:timers/promises';
import type { BackendFactory, IQueueBackend } from 'bullmq';

const PAUSE_MS = 1000;

/**
 * A backend whose workers wait a moment when a job can not be fetched. BullMQ does so for broken connections
 * only: on any other fault (PostgreSQL starting up or out of connections, Redis out of memory) its worker asks
 * again at once, hundreds of times a second.
 */
export function patientBackend<B extends IQueueBackend, C>(factory: BackendFactory<B, C>): BackendFactory<B, C> {
  return (...given) => {
    const backend = factory(...given);
    const moveToActive = backend.moveToActive.bind(backend);
    backend.moveToActive = async (...args) => {
      try {
        return await moveToActive(...args);
      } catch (error) {
        await sleep(PAUSE_MS);
        throw error;
      }
    };
    return backend;
  };
}
