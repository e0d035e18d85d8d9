import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KindredError } from '@kindred/domain';
import type { Queues } from '@kindred/queue';
import type { Database } from '@kindred/storage';
import type { Logger } from 'pino';
import { ApiMetrics } from './api-metrics.js';
import { createApp } from './app.js';
import { ItemTitles } from './item-titles.js';
import { ModelHost } from './model-host.js';
import { UnavailableItems } from './unavailable-items.js';
import { UnlearnedItems } from './unlearned-items.js';

export interface ApiDependencies {
  readonly database: Database;
  /** For the connection that listens to promotions. */
  readonly databaseUrl: string;
  /** Undefined where no worker belongs to this API: runs are then refused. */
  readonly queues: Queues | undefined;
  /** Where models lie when the place that the trainer wrote down is not there. */
  readonly dataDir?: string | undefined;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly logger: Logger;
  /** How often a promoted model that could not be loaded is tried again. Default 30 s. */
  readonly recheckMs?: number | undefined;
}

/** An API that listens. */
export interface RunningApi {
  readonly url: string;
  readonly port: number;
  /** Takes no more requests, lets those under way finish for so long, then cuts them off. Closing twice is no fault. */
  close(options: { readonly graceMs: number }): Promise<void>;
}

/** Longer than load balancers keep idle connections (60 s), so that it is never we who close one in use. */
const KEEP_ALIVE_MS = 65_000;
const IDLE_CHECK_MS = 50;

/**
 * Listens, then loads the promoted model. Until that is done, and where there is none yet, recommendations answer
 * NO_MODEL; everything else works.
 * @throws KindredError CONFLICT when the port is taken, CONFIG_INVALID when it can not be listened on
 */
export async function startApi(deps: ApiDependencies): Promise<RunningApi> {
  const { database, databaseUrl, queues, dataDir, logger, recheckMs } = deps;
  const closing = new AbortController();
  const metrics = new ApiMetrics();
  const models = new ModelHost({ database, databaseUrl, dataDir, logger, metrics, recheckMs });
  const unavailableItems = new UnavailableItems(database.db);
  const unlearnedItems = new UnlearnedItems(database.db);
  const titles = new ItemTitles(database.db);
  const catalogue = { unavailableItems, unlearnedItems, titles };
  const context = { database, queues, models, ...catalogue, metrics, logger, closing: closing.signal };
  const server = createServer(createApp(context));
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  const { port } = await listen(server, deps.host, deps.port);
  server.on('error', (error) => logger.error({ err: error }, 'accepting connections'));
  await models.start();
  let closed: Promise<void> | undefined;
  const close = async (graceMs: number): Promise<void> => {
    closing.abort();
    await drain(server, graceMs);
    await models.close();
    metrics.registry.clear();
  };
  return {
    url: `http://${reachableHost(deps.host)}:${port}`,
    port,
    close: ({ graceMs }) => {
      closed ??= close(graceMs);
      return closed;
    },
  };
}

async function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
    return server.address() as AddressInfo;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE')
      throw new KindredError('CONFLICT', `port ${port} of ${host} is taken`, { field: 'port' });
    throw new KindredError('CONFIG_INVALID', `can not listen on ${host}:${port}: ${message}`, { field: 'host', cause });
  }
}

/** Connections whose request is answered are closed as they fall idle; what is left when the grace is over is cut off. */
async function drain(server: Server, graceMs: number): Promise<void> {
  const done = new Promise((resolve) => server.close(resolve));
  const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  await done;
  clearInterval(idle);
  clearTimeout(cut);
}

/** An address to open from this machine. */
function reachableHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
