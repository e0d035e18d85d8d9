import { expect, test } from 'vitest';
import { openQueues } from '../src/index.js';
import { describeQueue } from './queue-suite.js';
import { startPostgres } from './servers.js';

describeQueue('postgres', startPostgres, true);

test('a connection without any URL is a fault of the configuration', async () => {
  await expect(openQueues({})).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
});
