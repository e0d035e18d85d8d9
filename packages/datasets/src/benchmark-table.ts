import { type ErrorCode, idFault, KindredError } from '@kindred/domain';
import { parseNumber, parseTime } from './event-time.js';
import { openTable } from './table-rows.js';
import { Vocabulary } from './vocabulary.js';

/** A table for `kindred benchmark`, by columns, rows in the order of the file. */
export interface BenchmarkTable {
  readonly path: string;
  readonly rowCount: number;
  readonly users: Vocabulary;
  /** [rows]: positions in users.names */
  readonly userCodes: Uint32Array;
  readonly items: Vocabulary;
  /** [rows]: positions in items.names */
  readonly itemCodes: Uint32Array;
  /** [rows]: Unix milliseconds; undefined where the file has no column `timestamp` */
  readonly timesMs: Float64Array | undefined;
  /** [rows]: of the column `weight`, `rating` or `quantity`; NaN where the cell is empty */
  readonly values: Float32Array | undefined;
  readonly valueColumn: string | undefined;
  readonly behaviours: Vocabulary | undefined;
  /** [rows]: positions in behaviours.names */
  readonly behaviourCodes: Uint16Array | undefined;
}

export interface BenchmarkTableOptions {
  /** Vocabularies to go on with, so that the numbers of train and test agree. */
  readonly users?: Vocabulary;
  readonly items?: Vocabulary;
}

const MAX_BEHAVIOURS = 1000;

/**
 * Reads a TSV or CSV (.gz too) with the columns user_id, item_id and optionally timestamp, weight | rating | quantity
 * (the first of these that is there) and behavior; others are ignored. Needs 8 bytes a row, 8 more for times, 4 for values, 2 for behaviours.
 * @throws KindredError with file, line and column at the first cell that can't be read; FILE_EMPTY, MAPPING_INVALID, …
 */
export async function readBenchmarkTable(path: string, options: BenchmarkTableOptions = {}): Promise<BenchmarkTable> {
  const table = await openTable(path);
  const user = new IdColumn(path, 'user_id', table.find('user_id'), options.users ?? new Vocabulary(), 'USER');
  const item = new IdColumn(path, 'item_id', table.find('item_id'), options.items ?? new Vocabulary(), 'ITEM');
  for (const column of [user, item]) {
    if (column.position >= 0) continue;
    throw new KindredError(
      'MAPPING_INVALID',
      `${path} has no column ${column.name}; it has: ${table.columns.join(', ')}`,
      { field: column.name },
    );
  }
  const time = optional(table.find('timestamp'), (position) => new TimeColumn(path, position));
  const valuePosition =
    ['weight', 'rating', 'quantity'].map((name) => table.find(name)).find((position) => position >= 0) ?? -1;
  const value = optional(
    valuePosition,
    (position) => new ValueColumn(path, table.columns[position] as string, position),
  );
  const behaviour = optional(table.find('behavior', 'behaviour'), (position) => new BehaviourColumn(path, position));
  const columns: Column[] = [user, item, time, value, behaviour].filter((column) => column !== undefined);
  let rowCount = 0;
  for await (const rows of table.rows()) {
    for (const { cells, lineNumber } of rows) {
      for (const column of columns) column.push(cells[column.position] as string, rowCount, lineNumber);
      rowCount++;
    }
  }
  if (rowCount === 0) throw new KindredError('FILE_EMPTY', `${path} holds a header and no rows`);
  return {
    path,
    rowCount,
    users: user.vocabulary,
    userCodes: user.codes.done(rowCount),
    items: item.vocabulary,
    itemCodes: item.codes.done(rowCount),
    timesMs: time?.times.done(rowCount),
    values: value?.values.done(rowCount),
    valueColumn: value?.name,
    behaviours: behaviour?.vocabulary,
    behaviourCodes: behaviour?.codes.done(rowCount),
  };
}

function optional<T>(position: number, create: (position: number) => T): T | undefined {
  return position < 0 ? undefined : create(position);
}

interface Column {
  readonly name: string;
  readonly position: number;
  push(cell: string, row: number, lineNumber: number): void;
}

type Numbers = Uint32Array | Uint16Array | Float64Array | Float32Array;

/** A typed array that doubles when it is full. */
class Growing<T extends Numbers> {
  #values: T;

  constructor(private readonly create: (length: number) => T) {
    this.#values = create(4096);
  }

  set(index: number, value: number): void {
    if (index >= this.#values.length) {
      const longer = this.create(this.#values.length * 2);
      longer.set(this.#values);
      this.#values = longer;
    }
    this.#values[index] = value;
  }

  done(length: number): T {
    return this.#values.slice(0, length) as T;
  }
}

class IdColumn implements Column {
  readonly codes = new Growing((length) => new Uint32Array(length));

  constructor(
    private readonly path: string,
    readonly name: string,
    readonly position: number,
    readonly vocabulary: Vocabulary,
    private readonly kind: 'USER' | 'ITEM',
  ) {}

  push(cell: string, row: number, lineNumber: number): void {
    this.codes.set(row, this.vocabulary.find(cell) ?? this.#add(cell, lineNumber));
  }

  #add(cell: string, lineNumber: number): number {
    if (cell === '') throw fault(`${this.kind}_MISSING`, this.path, lineNumber, this.name, 'is empty');
    const because = idFault(cell);
    if (because !== undefined) throw fault(`${this.kind}_INVALID`, this.path, lineNumber, this.name, because);
    return this.vocabulary.add(cell);
  }
}

class TimeColumn implements Column {
  readonly name = 'timestamp';
  readonly times = new Growing((length) => new Float64Array(length));

  constructor(
    private readonly path: string,
    readonly position: number,
  ) {}

  push(cell: string, row: number, lineNumber: number): void {
    if (cell === '') throw fault('TIME_MISSING', this.path, lineNumber, this.name, 'is empty');
    const timeMs = parseTime(cell);
    if (typeof timeMs === 'string') throw fault('TIME_INVALID', this.path, lineNumber, this.name, timeMs);
    this.times.set(row, timeMs);
  }
}

class ValueColumn implements Column {
  readonly values = new Growing((length) => new Float32Array(length));

  constructor(
    private readonly path: string,
    readonly name: string,
    readonly position: number,
  ) {}

  push(cell: string, row: number, lineNumber: number): void {
    const text = cell.trim();
    const value = text === '' ? Number.NaN : parseNumber(text);
    const refuse = (because: string) =>
      fault('VALUE_INVALID', this.path, lineNumber, this.name, `"${cell.slice(0, 40)}" ${because}`);
    if (value === undefined) throw refuse('is not a finite number');
    if (Math.abs(Math.fround(value)) === Number.POSITIVE_INFINITY)
      throw refuse('is beyond 3.4e38, the most that is kept');
    this.values.set(row, value);
  }
}

class BehaviourColumn implements Column {
  readonly name = 'behavior';
  readonly vocabulary = new Vocabulary();
  readonly codes = new Growing((length) => new Uint16Array(length));

  constructor(
    private readonly path: string,
    readonly position: number,
  ) {}

  push(cell: string, row: number, lineNumber: number): void {
    this.codes.set(row, this.vocabulary.find(cell) ?? this.#add(cell, lineNumber));
  }

  #add(cell: string, lineNumber: number): number {
    if (cell === '') throw fault('TYPE_INVALID', this.path, lineNumber, this.name, 'is empty');
    if (this.vocabulary.names.length === MAX_BEHAVIOURS) {
      throw fault(
        'TYPE_INVALID',
        this.path,
        lineNumber,
        this.name,
        `holds more than ${MAX_BEHAVIOURS} different names`,
      );
    }
    return this.vocabulary.add(cell);
  }
}

function fault(code: ErrorCode, path: string, lineNumber: number, column: string, because: string): KindredError {
  return new KindredError(code, `${path}:${lineNumber}: column ${column} ${because}`, { field: column });
}
