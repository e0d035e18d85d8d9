export * from './errors.js';
export * from './event.js';
export * from './ids.js';
export * from './nearest-name.js';
export * from './random.js';
export * from './recommender.js';
export * from './sparse-matrix.js';
export * from './training-data.js';
