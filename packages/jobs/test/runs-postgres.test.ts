import { describeRuns } from './run-suite.js';

describeRuns('postgres', async () => ({ redisUrl: undefined, stop: async () => undefined }), true);
