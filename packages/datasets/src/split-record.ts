import type { LineBlock, UnreadableLine } from './read-lines.js';

/** A quoted field may hold line breaks, but not so many that one stray quote eats a file. */
const MAX_RECORD_LINES = 100;
const MAX_RECORD_LENGTH = 1024 * 1024;

/** One record of a delimited file: its fields, or why it has none. */
export interface DelimitedRecord {
  /** Number of its first physical line. */
  readonly lineNumber: number;
  readonly raw: string;
  readonly fields: readonly string[] | undefined;
  readonly fault: string | undefined;
}

export interface SplitOptions {
  readonly delimiter: string;
  /** RFC 4180 quoting: on for CSV; off for TSV, where a quote is a character like any other. */
  readonly quoted: boolean;
  /** Fields of each record; undefined accepts any number. */
  readonly width: number | undefined;
}

type Split = readonly string[] | 'open' | { readonly fault: string };

/**
 * Splits one record by RFC 4180. A quote counts only at the beginning of a field (`5" pipe` is plain text).
 * @returns the fields, 'open' when a quoted field is not closed yet, or what is wrong
 */
export function splitQuoted(text: string, delimiter: string): Split {
  const fields: string[] = [];
  for (let start = 0; ; ) {
    if (text[start] !== '"') {
      const end = text.indexOf(delimiter, start);
      fields.push(end < 0 ? text.slice(start) : text.slice(start, end));
      if (end < 0) return fields;
      start = end + delimiter.length;
      continue;
    }
    const closed = readQuotedField(text, start + 1);
    if (closed === undefined) return 'open';
    fields.push(closed.field);
    if (closed.end === text.length) return fields;
    if (!text.startsWith(delimiter, closed.end))
      return { fault: `text follows a closing quote at character ${closed.end + 1}` };
    start = closed.end + delimiter.length;
  }
}

function readQuotedField(text: string, start: number): { field: string; end: number } | undefined {
  let field = '';
  for (let from = start; ; ) {
    const quote = text.indexOf('"', from);
    if (quote < 0) return undefined;
    if (text[quote + 1] !== '"') return { field: field + text.slice(from, quote), end: quote + 1 };
    field += text.slice(from, quote + 1);
    from = quote + 2;
  }
}

interface PhysicalLine {
  readonly lineNumber: number;
  readonly text: string;
}

/**
 * Puts physical lines together into records. A record whose quote is not closed within 100 lines or 1 MiB, or whose
 * closing does not give the right number of fields, costs its first line only: that line is refused and reading
 * begins anew at the next one. Blank lines between records are skipped: they are no data.
 */
export class RecordSplitter {
  readonly #options: SplitOptions;
  #open: PhysicalLine[] = [];

  constructor(options: SplitOptions) {
    this.#options = options;
  }

  push(line: PhysicalLine, out: DelimitedRecord[]): void {
    if (this.#open.length > 0) {
      this.#continue(line, out);
      return;
    }
    if (line.text === '') return;
    const split = this.#split(line.text);
    if (split === 'open') this.#open = [line];
    else out.push(this.#record(line.lineNumber, line.text, split));
  }

  /** The lines held back can't be continued: end of the file, or a line that is no text. */
  end(out: DelimitedRecord[]): void {
    while (this.#open.length > 0) this.#refuseFirst('a quote is opened and never closed', out);
  }

  #continue(line: PhysicalLine, out: DelimitedRecord[]): void {
    this.#open.push(line);
    if (line.text.includes('"')) {
      const text = this.#open.map((part) => part.text).join('\n');
      const split = this.#split(text);
      if (split !== 'open') {
        const first = this.#open[0] as PhysicalLine;
        const record = this.#record(first.lineNumber, text, split);
        if (record.fields === undefined) this.#refuseFirst(record.fault ?? '', out);
        else {
          this.#open = [];
          out.push(record);
        }
        return;
      }
    }
    const length = this.#open.reduce((sum, part) => sum + part.text.length + 1, 0);
    if (this.#open.length > MAX_RECORD_LINES || length > MAX_RECORD_LENGTH) {
      this.#refuseFirst(`a quote is opened and not closed within ${MAX_RECORD_LINES} lines or 1 MiB`, out);
    }
  }

  #refuseFirst(fault: string, out: DelimitedRecord[]): void {
    const [first, ...rest] = this.#open as [PhysicalLine, ...PhysicalLine[]];
    this.#open = [];
    out.push({ lineNumber: first.lineNumber, raw: first.text, fields: undefined, fault });
    for (const line of rest) this.push(line, out);
  }

  #split(text: string): Split {
    const { delimiter, quoted } = this.#options;
    return quoted && text.includes('"') ? splitQuoted(text, delimiter) : text.split(delimiter);
  }

  #record(lineNumber: number, raw: string, split: Exclude<Split, 'open'>): DelimitedRecord {
    if ('fault' in split) return { lineNumber, raw, fields: undefined, fault: split.fault };
    const { width } = this.#options;
    if (width === undefined || split.length === width) return { lineNumber, raw, fields: split, fault: undefined };
    return { lineNumber, raw, fields: undefined, fault: `${split.length} fields, the header has ${width}` };
  }
}

/** Records and unreadable lines of a delimited file, in the order of the file. */
export async function* readRecords(
  blocks: AsyncIterable<LineBlock>,
  options: SplitOptions,
): AsyncGenerator<(DelimitedRecord | (UnreadableLine & { lineNumber: number }))[]> {
  const splitter = new RecordSplitter(options);
  for await (const block of blocks) {
    const out: (DelimitedRecord | (UnreadableLine & { lineNumber: number }))[] = [];
    let lineNumber = block.firstLine;
    for (const line of block.lines) {
      if (typeof line === 'string') splitter.push({ lineNumber, text: line }, out as DelimitedRecord[]);
      else {
        splitter.end(out as DelimitedRecord[]);
        out.push({ ...line, lineNumber });
      }
      lineNumber++;
    }
    yield out;
  }
  const out: DelimitedRecord[] = [];
  splitter.end(out);
  yield out;
}
