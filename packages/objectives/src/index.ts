export * from './bpr.js';
export * from './ccl.js';
export * from './history-softmax.js';
export * from './info-nce.js';
export * from './tensorflow.js';
export * from './unit-rows.js';
export * from './weighted-bce.js';
