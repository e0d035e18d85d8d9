export * from './candidate-softmax.js';
export * from './history-softmax.js';
export * from './info-nce.js';
export * from './tensorflow.js';
export * from './unit-rows.js';
