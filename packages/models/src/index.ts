export * from './artefact/index.js';
export * from './baselines/index.js';
export * from './inductive/inductive.js';
export * from './learned-method.js';
export * from './methods.js';
export * from './popularity.js';
export { type ServingChoice, withServing } from './served-artefact.js';
export * from './settings.js';
export * from './two-tower/two-tower.js';
