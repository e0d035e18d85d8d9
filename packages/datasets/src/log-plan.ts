import { KindredError, nearestName } from '@kindred/domain';
import type { LogFormat } from './log-format.js';
import {
  type GivenMapping,
  guessMapping,
  looksLikeHeader,
  MAPPED_FIELDS,
  type MappedField,
  plainName,
} from './mapping.js';
import type { Preset } from './presets/preset.js';
import { PRESETS } from './presets/presets.js';

/** A column in use: its name, and its position (from 0) in files whose lines are lists of cells. */
export interface UsedColumn {
  readonly name: string;
  readonly position: number | undefined;
}

/** How a log is going to be read. Plain JSON: it is kept with the dead letters so that they can be replayed. */
export interface LogPlan {
  readonly source: string;
  readonly format: LogFormat;
  readonly compressed: boolean;
  /** Between cells; undefined for JSON Lines and Parquet. */
  readonly delimiter: string | undefined;
  /** Whether the first line names the columns. */
  readonly header: boolean;
  readonly columns: readonly string[];
  readonly preset: string | undefined;
  readonly chosenBy: 'map' | 'preset' | 'guess';
  readonly used: Readonly<Partial<Record<MappedField, UsedColumn>>>;
  /** The type of lines that hold none; undefined when a preset gives it. */
  readonly constantType: string | undefined;
  readonly ignoredColumns: readonly string[];
  readonly notes: readonly string[];
}

/** What was seen of a file before it is read. */
export interface SeenColumns {
  readonly source: string;
  readonly format: LogFormat;
  readonly compressed: boolean;
  readonly delimiter: string | undefined;
  /** Cells of the first line; keys of the first objects; columns of the schema. */
  readonly cells: readonly string[];
}

/**
 * Decides how each column is used: by `--map`, else by the preset, else by a preset that the header gives away, else
 * by usual names of columns.
 * @throws KindredError MAPPING_INVALID, with the columns of the file
 */
export function planLog(seen: SeenColumns, preset: Preset | undefined, given: GivenMapping | undefined): LogPlan {
  const known = preset ?? (given === undefined ? PRESETS.find((one) => one.guessed && fits(one, seen)) : undefined);
  const header = hasHeader(seen, known, given);
  const columns = header ? seen.cells : seen.cells.map((_, index) => String(index + 1));
  const finder = new ColumnFinder(seen, columns, header);
  const used = usedColumns(finder, known, given, header);
  requireFields(used, known, seen, columns);
  const constantType = known === undefined ? constantTypeOf(used, given) : given?.constantType;
  const taken = new Set(Object.values(used).map((column) => column.name));
  const plan = {
    ...{ source: seen.source, format: seen.format, compressed: seen.compressed, delimiter: seen.delimiter },
    header,
    columns,
    preset: known?.name,
    chosenBy: given !== undefined ? ('map' as const) : preset !== undefined ? ('preset' as const) : ('guess' as const),
    used,
    constantType,
    ignoredColumns: columns.filter((column) => !taken.has(column)),
  };
  return { ...plan, notes: notesOf(plan, known, finder.absent) };
}

/**
 * The plan of a log that was read before, with its columns used in another way: the lines that a wrong mapping got
 * rejected can then be judged again.
 * @throws KindredError MAPPING_INVALID
 */
export function replanLog(plan: LogPlan, preset: Preset | undefined, given: GivenMapping | undefined): LogPlan {
  const { source, format, compressed, delimiter, columns } = plan;
  return { ...planLog({ source, format, compressed, delimiter, cells: columns }, preset, given), header: plan.header };
}

/** The plan in lines that a person reads before it runs. */
export function describePlan(plan: LogPlan): string[] {
  const how =
    plan.chosenBy === 'guess' ? 'guessed from the columns' : plan.chosenBy === 'map' ? 'as --map says' : 'as asked';
  const preset = plan.preset === undefined ? 'no preset' : `preset ${plan.preset}`;
  const delimiter = plan.delimiter === undefined ? '' : `, delimiter ${JSON.stringify(plan.delimiter)}`;
  const lines = [`${plan.source}: ${plan.format}${plan.compressed ? ' (gzip)' : ''}${delimiter}, ${preset}, ${how}`];
  for (const field of MAPPED_FIELDS) {
    const column = plan.used[field];
    if (column !== undefined)
      lines.push(`  ${field.padEnd(10)} ← ${plan.header ? column.name : `column ${column.name}`}`);
  }
  if (plan.constantType !== undefined)
    lines.push(`  type       = ${plan.constantType}${plan.used.type ? ' where the column is empty' : ''}`);
  if (plan.ignoredColumns.length > 0) lines.push(`  not used: ${plan.ignoredColumns.join(', ')}`);
  return [...lines, ...plan.notes.map((note) => `  note: ${note}`)];
}

function fits(preset: Preset, seen: SeenColumns): boolean {
  const plain = new Set(seen.cells.map(plainName));
  const has = (field: MappedField) => preset.columns[field]?.some((name) => plain.has(name)) === true;
  return preset.required.every(has) && (preset.signature ?? []).every((name) => plain.has(name));
}

function hasHeader(seen: SeenColumns, preset: Preset | undefined, given: GivenMapping | undefined): boolean {
  if (seen.delimiter === undefined || looksLikeHeader(seen.cells)) return true;
  const asked = Object.values(given?.columns ?? {});
  // Cells of a line of data may well read 1 or 2: who asks by numbers means positions.
  if (asked.length > 0 && asked.every((column) => /^\d+$/.test(column))) return false;
  return !(preset?.headerless !== undefined && seen.cells.some((cell) => /\d/.test(cell)));
}

class ColumnFinder {
  /** Columns that were asked for and do not stand in the first objects of a JSON Lines file. */
  readonly absent: string[] = [];

  constructor(
    private readonly seen: SeenColumns,
    private readonly columns: readonly string[],
    private readonly header: boolean,
  ) {}

  /** The column that a person named: exactly, else without case and separators, else by number. */
  asked(field: MappedField, name: string): UsedColumn {
    const exact = this.columns.filter((column) => column === name).length > 0;
    const matches = this.columns
      .map((column, position) => ({ column, position }))
      .filter(({ column }) =>
        exact ? column === name : plainName(column) === plainName(name) && plainName(name) !== '',
      );
    if (matches.length > 1)
      throw this.#invalid(`the column "${name}" stands ${matches.length} times in the header`, field);
    const match = matches[0];
    if (match !== undefined) return this.#used(match.column, match.position);
    const number = /^\d+$/.test(name) ? Number(name) : 0;
    if (this.seen.delimiter !== undefined && number >= 1 && number <= this.columns.length) {
      return this.#used(this.columns[number - 1] as string, number - 1);
    }
    if (this.seen.format === 'jsonl') {
      if (!this.columns.includes(name.split('.')[0] ?? '')) this.absent.push(name);
      return { name, position: undefined };
    }
    const near = nearestName(name, this.columns);
    throw this.#invalid(`there is no column "${name}"${near === undefined ? '' : `; did you mean "${near}"?`}`, field);
  }

  /** The first of the usual names that the file has. */
  byNames(field: MappedField, names: readonly string[]): UsedColumn | undefined {
    for (const name of names) {
      const positions = this.columns.flatMap((column, position) => (plainName(column) === name ? [position] : []));
      if (positions.length > 1)
        throw this.#invalid(`the column "${name}" stands ${positions.length} times in the header`, field);
      const position = positions[0];
      if (position !== undefined) return this.#used(this.columns[position] as string, position);
    }
    return undefined;
  }

  get names(): readonly string[] {
    return this.columns;
  }

  get isJson(): boolean {
    return this.seen.format === 'jsonl';
  }

  #used(name: string, position: number): UsedColumn {
    return { name, position: this.seen.delimiter === undefined ? undefined : position };
  }

  #invalid(because: string, field: MappedField): KindredError {
    const columns = this.header ? this.columns.join(', ') : `${this.columns.length} columns without names`;
    return new KindredError('MAPPING_INVALID', `${this.seen.source}: ${because}; the file has: ${columns}`, { field });
  }
}

type Used = Partial<Record<MappedField, UsedColumn>>;

function usedColumns(
  finder: ColumnFinder,
  preset: Preset | undefined,
  given: GivenMapping | undefined,
  header: boolean,
): Used {
  const used: Used = {};
  if (preset !== undefined && !header) {
    const fields = (preset.headerless ?? []).slice(0, finder.names.length);
    for (const [position, field] of fields.entries()) used[field] = { name: String(position + 1), position };
  } else if (preset !== undefined) {
    for (const [field, names] of Object.entries(preset.columns) as [MappedField, readonly string[]][]) {
      const column = given?.columns[field] === undefined ? finder.byNames(field, names) : undefined;
      // Objects of JSON Lines may bring an optional field later than the lines seen so far.
      const later =
        finder.isJson && !preset.required.includes(field)
          ? { name: names[0] as string, position: undefined }
          : undefined;
      const taken = column ?? later;
      if (taken !== undefined) used[field] = taken;
    }
  } else if (given === undefined && header) {
    for (const [field, name] of Object.entries(guessMapping(finder.names)) as [MappedField, string][]) {
      used[field] = finder.asked(field, name);
    }
  }
  for (const [field, name] of Object.entries(given?.columns ?? {}) as [MappedField, string][]) {
    used[field] = finder.asked(field, name);
  }
  return used;
}

function requireFields(used: Used, preset: Preset | undefined, seen: SeenColumns, columns: readonly string[]): void {
  const required = preset?.required ?? (['user', 'item'] as const);
  const missing = required.filter((field) => used[field] === undefined);
  if (missing.length === 0) return;
  const forPreset = preset === undefined ? '' : ` for the preset ${preset.name}`;
  const numbers =
    seen.delimiter !== undefined && !looksLikeHeader(seen.cells)
      ? '; a file without header takes numbers: user=1,item=2'
      : '';
  throw new KindredError(
    'MAPPING_INVALID',
    `${seen.source}: no column found${forPreset} for ${missing.join(', ')}; the file has: ${columns.join(', ').slice(0, 1000) || 'none'}${numbers}`,
    { field: missing[0] as string },
  );
}

/** Without a column of types, all lines are of one: what the column of values tells, else the weakest claim. */
function constantTypeOf(used: Used, given: GivenMapping | undefined): string | undefined {
  if (given?.constantType !== undefined) return given.constantType;
  if (used.type !== undefined) return undefined;
  const value = plainName(used.value?.name ?? '');
  if (['rating', 'stars', 'score', 'overall'].includes(value)) return 'rating';
  return ['quantity', 'qty'].includes(value) ? 'purchase' : 'view';
}

function notesOf(plan: Omit<LogPlan, 'notes'>, preset: Preset | undefined, absent: readonly string[]): string[] {
  const notes = [...(preset?.notes ?? [])];
  if (plan.used.time === undefined && preset === undefined) notes.push('there is no column of times: events get none');
  if (plan.constantType !== undefined && plan.used.type === undefined && plan.chosenBy === 'guess') {
    notes.push(
      `there is no column of types: all lines are taken as ${plan.constantType}; give type:NAME in --map to change it`,
    );
  }
  if (!plan.header) notes.push('the first line is data: the file has no header');
  const twice = plan.columns.filter((column, index) => plan.columns.indexOf(column) !== index);
  if (twice.length > 0) notes.push(`columns that stand more than once are not used: ${twice.join(', ')}`);
  if (absent.length > 0) notes.push(`not in the first objects: ${absent.join(', ')}`);
  return notes;
}
