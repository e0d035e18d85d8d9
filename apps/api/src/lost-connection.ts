/** SQLSTATE classes of a server that is going, coming or full: 08 connection, 53 resources, 57P operator intervention. */
const SQLSTATE = /^(08|53|57P)/;
const SOCKET_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND']);

/** Whether an error says that the database is away, rather than that a statement was wrong. */
export function isLostConnection(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return SQLSTATE.test(code) || SOCKET_CODES.has(code) || error.message.startsWith('Connection terminated');
}
