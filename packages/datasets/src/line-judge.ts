import type { Event } from '@kindred/domain';
import { contentId } from './content-id.js';
import { deadLetterText } from './dead-letter-text.js';
import type { LineVerdict } from './line-verdict.js';
import { ItemCollector } from './log-items.js';
import type { LogPlan } from './log-plan.js';
import type { MappedField } from './mapping.js';
import { OccurrenceCounter } from './occurrence-counter.js';
import { toGenericEvent } from './presets/generic.js';
import type { Row } from './presets/preset.js';
import { presetByName } from './presets/presets.js';
import { validateEvent } from './validate-event.js';

type Rule = (row: Row) => ReturnType<ReturnType<typeof presetByName>['toEvent']>;

/** Gives each line of one log its verdict, by the log's plan. Numbers repeats; collects titles on the way. */
export class LineJudge {
  readonly items = new ItemCollector();
  readonly #plan: LogPlan;
  readonly #nowMs: number;
  readonly #rule: Rule;
  readonly #occurrences = new OccurrenceCounter();
  readonly #positions: readonly (readonly [MappedField, number])[];
  readonly #paths: readonly (readonly [MappedField, string])[];

  constructor(plan: LogPlan, nowMs: number) {
    this.#plan = plan;
    this.#nowMs = nowMs;
    this.#rule = ruleOf(plan);
    const used = Object.entries(plan.used) as [MappedField, { name: string; position?: number }][];
    this.#positions = used.map(([field, column]) => [field, column.position ?? -1] as const);
    this.#paths = used.map(([field, column]) => [field, column.name] as const);
  }

  cells(cells: readonly string[], lineNumber: number, raw: string): LineVerdict {
    const row: { [field in MappedField]?: unknown } = {};
    for (const [field, position] of this.#positions) row[field] = cells[position];
    return this.#judge(row, lineNumber, () => raw);
  }

  record(record: Readonly<Record<string, unknown>>, lineNumber: number, raw: () => string): LineVerdict {
    const row: { [field in MappedField]?: unknown } = {};
    for (const [field, path] of this.#paths) row[field] = valueAt(record, path);
    return this.#judge(row, lineNumber, raw);
  }

  malformed(lineNumber: number, raw: string, message: string): LineVerdict {
    return { kind: 'rejected', lineNumber, raw: deadLetterText(raw), code: 'LINE_MALFORMED', message };
  }

  #judge(row: Row, lineNumber: number, raw: () => string): LineVerdict {
    const made = this.#rule(row);
    const verdict =
      'kind' in made
        ? made
        : validateEvent(made, this.#nowMs, { timeOptional: this.#plan.used.time === undefined, idOf: this.#idOf });
    if (verdict.kind === 'event') {
      if (row.title !== undefined && verdict.event.type !== 'return') {
        this.items.see(verdict.event.itemId, row.title, row.price);
      }
      return { kind: 'event', lineNumber, event: verdict.event };
    }
    const { code, message } = verdict;
    return { kind: 'rejected', lineNumber, raw: deadLetterText(raw()), code, message };
  }

  readonly #idOf = (event: Omit<Event, 'id'>): string => {
    const id = contentId(event);
    const occurrence = this.#occurrences.next(id);
    return occurrence === 0 ? id : contentId(event, occurrence);
  };
}

function ruleOf(plan: LogPlan): Rule {
  const { constantType } = plan;
  if (plan.preset === undefined) return (row) => toGenericEvent(row, constantType);
  const preset = presetByName(plan.preset);
  if (constantType === undefined) return (row) => preset.toEvent(row);
  return (row) => {
    const event = preset.toEvent(row);
    return 'kind' in event ? event : { ...event, type: constantType };
  };
}

/** The value under a key, else along a dotted path. */
function valueAt(record: Readonly<Record<string, unknown>>, path: string): unknown {
  if (Object.hasOwn(record, path)) return record[path];
  if (!path.includes('.')) return undefined;
  let value: unknown = record;
  for (const step of path.split('.')) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}
