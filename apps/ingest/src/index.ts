export { startIngestWorker } from './ingest-worker.js';
