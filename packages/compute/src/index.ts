export * from './engine.js';
export * from './engines.js';
