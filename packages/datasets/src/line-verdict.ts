import type { ErrorCode, Event } from '@kindred/domain';

/**
 * What became of one data line. Every data line gets exactly one; blank lines and the header are no data. A quoted
 * CSV record that goes over several lines is one, under the number of its first line; in Parquet lines are rows.
 */
export type LineVerdict =
  | { readonly kind: 'event'; readonly lineNumber: number; readonly event: Event }
  | {
      readonly kind: 'rejected';
      /** The first line of a file, its header included, is 1. */
      readonly lineNumber: number;
      /** The line, in the form that deadLetterText describes; JSON of the columns in use for Parquet. */
      readonly raw: string;
      readonly code: ErrorCode;
      readonly message: string;
    };
