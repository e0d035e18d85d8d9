export * from './artefact-files.js';
export * from './artefact-recommender.js';
export * from './encode-history.js';
export * from './encode-item-text.js';
export * from './model-artefact.js';
export * from './replace-file.js';
export * from './safetensors.js';
