import type { Progress } from '@kindred/pipeline';
import { type Options, Presets, SingleBar, type ValueType } from 'cli-progress';
import { printable } from './output.js';

const LINE_INTERVAL_MS = 5000;

/** Counts with commas. */
function formatValue(value: number, _: Options, type: ValueType): string {
  return type === 'value' || type === 'total' ? value.toLocaleString('en') : String(value);
}

/** Progress on standard error: a bar on a terminal, a plain line every few seconds elsewhere. */
export class TerminalProgress implements Progress {
  readonly #stream: NodeJS.WriteStream;
  #bar: { label: string; bar: SingleBar } | undefined;
  #lastLineAt = performance.now();

  constructor(stream: NodeJS.WriteStream = process.stderr) {
    this.#stream = stream;
  }

  say(message: string): void {
    this.close();
    this.#stream.write(`${printable(message)}\n`);
  }

  advance(label: string, done: number, total: number | undefined): void {
    if (this.#stream.isTTY) this.#draw(label, done, total);
    else this.#line(label, done, total);
  }

  /** Ends a bar that is still drawn. */
  close(): void {
    this.#bar?.bar.stop();
    this.#bar = undefined;
  }

  #draw(label: string, done: number, total: number | undefined): void {
    if (this.#bar?.label !== label) {
      this.close();
      const format = total === undefined ? `${label} {value}` : `${label} {bar} {percentage}% {value}/{total}`;
      const bar = new SingleBar(
        { format, formatValue, stream: this.#stream, hideCursor: true, clearOnComplete: true },
        Presets.shades_classic,
      );
      bar.start(total ?? 0, 0);
      this.#bar = { label, bar };
    }
    this.#bar.bar.update(done);
    if (total !== undefined && done >= total) this.close();
  }

  #line(label: string, done: number, total: number | undefined): void {
    const now = performance.now();
    if (now - this.#lastLineAt < LINE_INTERVAL_MS) return;
    this.#lastLineAt = now;
    const share = total === undefined || total === 0 ? '' : ` (${Math.round((100 * done) / total)} %)`;
    this.#stream.write(
      `${label}: ${done.toLocaleString('en')}${total === undefined ? '' : ` of ${total.toLocaleString('en')}`}${share}\n`,
    );
  }
}
