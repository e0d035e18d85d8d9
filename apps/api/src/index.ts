export { type ApiDependencies, type RunningApi, startApi } from './start-api.js';
