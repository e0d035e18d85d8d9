import { describeQueue } from './queue-suite.js';
import { redisIsHere, startRedis } from './servers.js';

describeQueue('redis', startRedis, redisIsHere());
