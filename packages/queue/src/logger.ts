type Log = (fields: object, message: string) => void;

/** What the queue needs of a logger; a pino logger is one. */
export interface QueueLogger {
  readonly info: Log;
  readonly warn: Log;
  readonly error: Log;
}

export const SILENT_LOGGER: QueueLogger = { info: () => {}, warn: () => {}, error: () => {} };
