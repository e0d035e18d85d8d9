import { parentPort, workerData } from 'node:worker_threads';
import { getDriver } from './drivers.js';
import type { BuildTask } from './index-file.js';

const task = workerData as BuildTask;
await getDriver(task.driver).build(task.vectors, task.dimensions, task.settings, task.file);
parentPort?.postMessage('built');
