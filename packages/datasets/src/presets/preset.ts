import type { MappedField } from '../mapping.js';
import type { RawEvent, Rejection } from '../validate-event.js';

/** The cells of one line by what they are used as; empty and absent cells are undefined. */
export type Row = { readonly [field in MappedField]?: unknown };

/** A kind of log that Kindred knows: its columns and the rules that make events of its lines. */
export interface Preset {
  readonly name: string;
  readonly what: string;
  /** Field → the names that the column may have (compared without case and separators). */
  readonly columns: Readonly<Partial<Record<MappedField, readonly string[]>>>;
  /** Fields that must be there. */
  readonly required: readonly MappedField[];
  /** Order of the columns in a copy without header, where such copies are about. */
  readonly headerless?: readonly MappedField[];
  /** Whether this preset is taken without being asked for, when all its required columns are there. */
  readonly guessed: boolean;
  /** Columns whose presence tells this log from others; needed for the guess beside the required ones. */
  readonly signature?: readonly string[];
  /** Sentences for the plan: what is done with the lines. */
  readonly notes: readonly string[];
  /** One line → an event still to be validated, or the rule that leaves it out. */
  toEvent(row: Row): RawEvent | Rejection;
}
