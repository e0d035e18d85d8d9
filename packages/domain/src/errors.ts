/**
 * The one table of errors. A code is stable and public; `way out` is the sentence that tells a person
 * what to do next; `status` is the HTTP status when the API answers with it; `exitCode` the exit of
 * the command line (1 failed, 2 wrong usage or bad input, 3 refused by a quality gate).
 */
export interface ErrorEntry {
  readonly title: string;
  readonly wayOut: string;
  readonly status: number;
  readonly exitCode: 1 | 2 | 3;
}

function entry(title: string, wayOut: string, status: number, exitCode: 1 | 2 | 3 = status < 500 ? 2 : 1): ErrorEntry {
  return { title, wayOut, status, exitCode };
}

export const ERROR_TABLE = {
  // usage and configuration
  USAGE: entry('Wrong usage', 'Run the command with --help to see its flags and examples.', 400),
  CONFIG_INVALID: entry(
    'A setting is invalid',
    'Correct the setting that the message names; `kindred doctor --env` lists those of the environment, docs/methods those of each method.',
    400,
  ),
  SETTING_UNKNOWN: entry('Unknown setting', 'Use the nearest known name that the message gives.', 400),
  NOT_FOUND: entry('Not found', 'Check the id; the list command or route of the same kind shows what there is.', 404),
  CONFLICT: entry('In use', 'Wait for the other process, or stop it, then try again.', 409),
  INTERRUPTED: entry('Interrupted', 'Start the command again; finished stages are kept.', 503, 1),
  INTERNAL: entry(
    'An unexpected fault',
    'Read the log around this time; this is a defect of Kindred, please report it.',
    500,
  ),

  // ingest: files
  FILE_NOT_FOUND: entry('The file is not there', 'Check the path, or give - to read standard input.', 400),
  FORMAT_UNKNOWN: entry('The format is not known', 'Give --format csv, tsv, jsonl or parquet.', 400),
  PRESET_UNKNOWN: entry('The preset is not known', 'Use one of the presets that the message lists, or --map.', 400),
  MAPPING_INVALID: entry(
    'The mapping does not fit the file',
    'ingest: give --map user=…,item=…,type=…,time=…,value=… with column names of the file; benchmark: name them user_id and item_id.',
    400,
  ),
  FILE_CORRUPT: entry(
    'The file is damaged or cut short',
    'Fetch or export the file again; nothing of it was stored.',
    400,
  ),
  FILE_ENCODING: entry('The file is not UTF-8 text', 'Convert it first, e.g. iconv -f latin1 -t utf-8.', 400),
  FILE_EMPTY: entry('The file holds no data', 'Check that the export wrote rows.', 400),

  // ingest: lines (verdicts of single events)
  LINE_TOO_LONG: entry(
    'The line is too long',
    'Split the record or drop its large field; the limit is 1 MiB a line.',
    400,
  ),
  LINE_MALFORMED: entry(
    'The line can not be parsed',
    'Correct the quoting, the number of columns or the JSON of this line, then replay it.',
    400,
  ),
  USER_MISSING: entry('No user id', 'Give every event a user id; anonymous events can not be learned from.', 400),
  USER_INVALID: entry('The user id is invalid', 'Ids are 1 to 256 characters without control characters.', 400),
  ITEM_MISSING: entry('No item id', 'Give every event an item id.', 400),
  ITEM_INVALID: entry('The item id is invalid', 'Ids are 1 to 256 characters without control characters.', 400),
  TYPE_INVALID: entry('The event type is invalid', 'Types are 1 to 64 characters: letters, digits, - and _.', 400),
  TIME_MISSING: entry('No time', 'Give every event a time, or map no time column at all.', 400),
  TIME_INVALID: entry('The time can not be read', 'Use ISO 8601, Unix seconds or Unix milliseconds.', 400),
  TIME_IN_FUTURE: entry(
    'The time is in the future',
    'Check the clock and the time zone of the sender; up to 24 hours ahead are accepted.',
    400,
  ),
  VALUE_INVALID: entry('The value is not a finite number', 'Send a finite number, or leave the value out.', 400),
  EVENT_ID_INVALID: entry(
    'The event id is invalid',
    'Event ids are 1 to 256 characters without control characters.',
    400,
  ),
  EVENT_INVALID: entry('The event is not of the documented shape', 'Compare it with POST /v1/events in /docs.', 400),
  EVENT_IGNORED_KIND: entry(
    'Not merchandise',
    'Postage, fees, samples and adjustments are left out by the preset; map the file by hand to keep them.',
    400,
  ),
  PRICE_NOT_POSITIVE: entry(
    'No positive price',
    'Free, lost or adjusted stock is left out by the preset; map the file by hand to keep it.',
    400,
  ),
  QUANTITY_INVALID: entry(
    'The quantity does not fit the kind of line',
    'A sale has a positive quantity, a cancellation a negative one.',
    400,
  ),

  // pair
  DATA_EMPTY: entry(
    'There is nothing to learn from',
    'Ingest events first, or loosen the split so that train keeps some.',
    422,
  ),
  ORDER_UNKNOWN: entry(
    'The order of the events is not known',
    'Give every event a time, or train a method that does not learn from the order, e.g. inductive.',
    422,
  ),
  PAIR_DUPLICATE: entry(
    'A pair stands twice',
    'Merge repeats before building the matrix; this is a defect of the caller.',
    500,
  ),
  SPLIT_INVALID: entry('The split can not be made', 'Choose another split; the message says what this one lacks.', 422),
  SPLIT_LEAK: entry(
    'Held-out data leaked into training',
    'Do not train on this snapshot; rebuild it with `kindred pair`.',
    500,
    3,
  ),
  NEGATIVES_EXHAUSTED: entry('No negative is left to draw', 'Leave users who have every item out of the draw.', 422),
  SNAPSHOT_CORRUPT: entry('The snapshot is damaged', 'Rebuild it with `kindred pair`.', 500),

  // train
  METHOD_UNKNOWN: entry('Unknown method', 'Use one of the methods that the message lists.', 400),
  CATALOGUE_TOO_LARGE: entry(
    'The catalogue is too large for this method',
    'Use a method that scales with the pairs, not with the square of the items, e.g. itemknn or the default.',
    422,
  ),
  ENGINE_INACTIVE: entry(
    'Another engine is in use',
    'One engine is active at a time in a process: ask loadEngine for this one again; this is a defect of the caller.',
    500,
  ),
  MATRIX_INVALID: entry(
    'The matrices do not fit',
    'Compare shapes and lengths with what the message says; this is a defect of the caller.',
    500,
  ),
  TENSOR_LEAK: entry(
    'Tensors were not released',
    'Return the tensors that are still needed from their scope, dispose the others; this is a defect of the caller.',
    500,
  ),
  ENGINE_UNAVAILABLE: entry(
    'The engine can not be loaded',
    'Run `kindred doctor`: it says what is missing and which command brings it.',
    500,
    2,
  ),
  TRAINING_DEGENERATE: entry(
    'Training was refused: the model degenerated',
    'Lower the learning rate or raise the temperature; the message says what was seen.',
    500,
    3,
  ),
  CHECKPOINT_CORRUPT: entry(
    'The checkpoint does not fit',
    'Remove it and train from the start; the message says what differs.',
    500,
  ),
  SCORE_INVALID: entry('A score is not a number', 'This is a defect of the model; do not use it.', 500),

  // evaluate
  EVALUATION_INVALID: entry(
    'The evaluation can not be made',
    'Model, data and comparison must share one vocabulary and the same users; the message says what does not fit.',
    422,
  ),

  // index
  RECALL_TOO_LOW: entry(
    'The index misses too many neighbours',
    'Raise M or efConstruction, or use the exact index.',
    500,
    3,
  ),
  INDEX_CORRUPT: entry('The index is damaged', 'Rebuild it with `kindred index`.', 500),
  INDEX_DRIVER_UNAVAILABLE: entry(
    'The index driver can not be loaded',
    'Run `kindred doctor`; the exact index needs nothing.',
    500,
    2,
  ),
  MODEL_CORRUPT: entry('The model is damaged', 'Train again, or roll back.', 500),
  MODEL_WITHOUT_VECTORS: entry(
    'The model has no vectors to index',
    'Train an embedding method (the default) to serve it.',
    422,
  ),
  QUALITY_GATE: entry('Refused by the quality gate', 'Read the reason in the report; nothing was promoted.', 409, 3),
  DISCLOSURE_RISK: entry(
    'The synthetic log is not shown to be safe to share',
    'Read the figures in FILE.refused.json; try another --method, --set epochs= fewer, a log of more users, or --force where nobody else will see it.',
    409,
    3,
  ),

  // serve
  NO_MODEL: entry(
    'No model is serving yet',
    'Train and promote one: `kindred train`, `kindred index`, `kindred promote ID`.',
    503,
  ),
  MODEL_WITHOUT_SEGMENTS: entry(
    'The model has no segments',
    'Train, index and promote a model anew, without `--segments 0`.',
    404,
  ),
  REQUEST_INVALID: entry(
    'The request is invalid',
    'Correct the field that the message names; /docs shows the shape.',
    400,
  ),
  METHOD_NOT_ALLOWED: entry(
    'The method is not allowed here',
    'Use one of the methods of the Allow header; see /docs.',
    405,
  ),
  MEDIA_TYPE_UNSUPPORTED: entry(
    'The body is not JSON',
    'Send the body as UTF-8 JSON with the header Content-Type: application/json.',
    415,
  ),
  PAYLOAD_TOO_LARGE: entry('The request is too large', 'Send at most 10,000 events and 32 MiB in one request.', 413),
  MODEL_NOT_READY: entry('The model can not serve yet', 'Index it first: `kindred index`.', 409),
  NOTHING_TO_ROLL_BACK: entry(
    'There is no earlier model to go back to',
    'Promote another model: `kindred models` lists them.',
    409,
  ),
  STATE_INVALID: entry(
    'Not in the state for this step',
    'Read it again: another worker has taken, finished or cancelled it meanwhile.',
    409,
  ),
  RUN_NOT_CANCELLABLE: entry('The run has ended', 'Only queued and running runs can be cancelled.', 409),

  // operation
  DATABASE_UNAVAILABLE: entry(
    'The database can not be reached',
    'Check KINDRED_DATABASE_URL and the server; without the setting Kindred starts its own.',
    503,
    1,
  ),
  DATABASE_LOCKED: entry('Another Kindred runs on this folder', 'Stop it, or give another --data-dir.', 409, 1),
  MIGRATION_FAILED: entry(
    'A migration failed',
    'Nothing of it was kept; read the cause, mend it and start again.',
    500,
  ),
  QUEUE_UNAVAILABLE: entry(
    'The queue can not be reached',
    'Check KINDRED_REDIS_URL and the server; without the setting the queue lives in Postgres.',
    503,
    1,
  ),
  JOB_INVALID: entry(
    'The job is not of the documented shape',
    'Producer and worker are of different versions: deploy both.',
    500,
  ),
  JOB_CRASHED: entry(
    'The process of a job ended without an answer',
    'Read its last lines in the message or the run log; when memory ran out, give the machine more of it, or lower the batch size.',
    500,
  ),
  DATASET_ABSENT: entry(
    'The data set is not here',
    'Set KINDRED_DATASETS to a folder that holds it, or run `kindred datasets pull`.',
    404,
  ),
  DOWNLOAD_FAILED: entry(
    'The download failed',
    'Check the network and the proxy, then try again; or fetch the file by hand from the address in the message and set KINDRED_DATASETS.',
    502,
    1,
  ),
  DOWNLOAD_CORRUPT: entry(
    'What was downloaded is not what was published',
    'Try again; when it stays so, the publisher has changed the file: nothing of it was kept.',
    502,
    1,
  ),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERROR_TABLE;

/** Every error that Kindred raises on purpose. The message says what and where; the table says the way out. */
export class KindredError extends Error {
  readonly code: ErrorCode;
  /** The field, flag, column or row at fault, where there is one. */
  readonly field: string | undefined;

  constructor(code: ErrorCode, message: string, options: { field?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'KindredError';
    this.code = code;
    this.field = options.field;
  }

  get entry(): ErrorEntry {
    return ERROR_TABLE[this.code];
  }
}
