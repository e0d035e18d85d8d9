import { Random, rowDegrees, type SparseMatrix } from '@kindred/domain';
import { type Cohort, type Mask, selectUsers } from '@kindred/evaluation';
import { newestKept } from '@kindred/models/artefact';
import { entriesOfRow, matrixOfEntries } from './matrix-rows.js';

/** Users of a cohort as somebody new would be. */
export interface ShortCohort {
  /** [S]: their rows in the cohort. */
  readonly rows: Uint32Array;
  readonly short: Cohort;
}

/**
 * Those users who have more items than so many, as if no more of them were known (the newest; drawn where there are no
 * times), and as nobody trained. Where what somebody has is not ranked, neither is what else they have.
 */
export function shortCohort(cohort: Cohort, known: number, mask: Mask, seed: number): ShortCohort {
  const random = new Random(seed, `short histories ${known}`);
  const { histories, times } = cohort;
  const lengths = rowDegrees(histories);
  const rows = Uint32Array.from(lengths.keys()).filter((row) => (lengths[row] as number) > known);
  const kept = Array.from(rows, (row) => keptEntries(histories, times, row, known, random));
  const whole = selectUsers(cohort, rows);
  const short: Cohort = {
    ...whole,
    histories: matrixOfEntries(histories, kept),
    times:
      times &&
      Float64Array.from(
        kept.flatMap((entries) => [...entries]),
        (entry) => times[entry] as number,
      ),
    users: undefined,
    hidden: mask === 'seen' ? whole.histories : undefined,
  };
  return { rows, short };
}

/** Places of the entries that stay known, ascending. */
function keptEntries(
  histories: SparseMatrix,
  times: Float64Array | undefined,
  row: number,
  known: number,
  random: Random,
): Uint32Array {
  const places = entriesOfRow(histories, row);
  const kept =
    times === undefined
      ? random.shuffle(places).subarray(0, known)
      : newestKept(places, histories.columns, times, known);
  return kept.sort();
}
