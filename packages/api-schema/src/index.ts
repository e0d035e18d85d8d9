export * from './events.js';
export * from './fields.js';
export * from './items.js';
export * from './openapi.js';
export * from './problem.js';
export * from './recommendations.js';
export * from './runs.js';
export * from './segments.js';
