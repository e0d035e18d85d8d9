import { KindredError } from '@kindred/domain';
import { exactDriver } from './drivers/exact.js';
import { hnswDriver } from './drivers/hnsw.js';
import type { DriverName, VectorIndexDriver } from './vector-index.js';

/** Every driver there is, the preferred one first. */
export const DRIVERS: readonly VectorIndexDriver[] = [hnswDriver, exactDriver];

/** @throws KindredError INDEX_DRIVER_UNAVAILABLE when no driver has the name */
export function getDriver(name: DriverName): VectorIndexDriver {
  const driver = DRIVERS.find((candidate) => candidate.name === name);
  if (driver === undefined) throw new KindredError('INDEX_DRIVER_UNAVAILABLE', `there is no index driver '${name}'`);
  return driver;
}

/**
 * The driver to build with: the one that is asked for, or the first that can be used here.
 * @throws KindredError INDEX_DRIVER_UNAVAILABLE when the one asked for can not be used
 */
export async function chooseDriver(request: DriverName | 'auto'): Promise<VectorIndexDriver> {
  if (request !== 'auto') {
    const driver = getDriver(request);
    const fault = await driver.findFault();
    if (fault !== undefined) throw new KindredError('INDEX_DRIVER_UNAVAILABLE', `${fault.why}; ${fault.remedy}`);
    return driver;
  }
  for (const driver of DRIVERS) {
    if ((await driver.findFault()) === undefined) return driver;
  }
  return exactDriver;
}
