import { describeRuns } from './run-suite.js';
import { redisIsHere, startRedis } from './servers.js';

describeRuns('redis', startRedis, redisIsHere());
