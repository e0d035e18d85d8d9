export { startTrainerWorker } from './trainer-worker.js';
