export { defaultCacheDirectory } from './arguments.js';
export { type CheckOptions, checkTensorflow, type Ingredient, type StateReport } from './check.js';
export { SETUP_ERRORS, type SetupErrorCode, type SetupErrorEntry, TensorflowSetupError } from './errors.js';
export type { Libraries, LibraryManifest } from './library-cache.js';
export type { Environment } from './processes.js';
export { type Archive, type Device, type PackageClient, RELEASES, type Release } from './releases.js';
export type { Probed } from './run-probe.js';
export { type SetupOptions, type SetupReport, setUpTensorflow } from './set-up.js';
export { TFJS_PACKAGE, TFJS_VERSION, type TfjsPackage } from './tfjs-package.js';
