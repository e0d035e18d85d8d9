export { chooseDriver, DRIVERS, getDriver } from './drivers.js';
export { ExactScan, innerProduct, scan } from './exact-scan.js';
export {
  type BuildIndexOptions,
  buildIndex,
  findIndex,
  type IndexManifest,
  type OpenedIndex,
  openIndex,
  RECALL_FLOOR,
} from './index-file.js';
export { measureRecall } from './recall.js';
export {
  DEFAULT_INDEX_SETTINGS,
  type DriverFault,
  type DriverName,
  type IndexSettings,
  type Neighbours,
  type VectorIndex,
  type VectorIndexDriver,
} from './vector-index.js';
