import { MASKED } from '@kindred/objectives';
import { positionOf } from '../artefact/index.js';

/** What stands in place of an item that is to be guessed; items are 0 .. I - 1, so that no item is ever meant. */
export const MASK = 0xffff_ffff;
/** What stands where a row is not full. */
export const NOTHING = 0xffff_fffe;

/** One user's history as a question: at the places asked, what belongs there? */
export interface Question {
  /** [n] items, oldest first, or MASK */
  readonly inputs: Uint32Array;
  /** Places in `inputs`, ascending, whose outputs are compared with the targets. */
  readonly asked: Uint32Array;
  /** [asked] */
  readonly targets: Uint32Array;
}

/** Several sequences in rows of one length, as many to a row as fit, so that short histories cost no padding. */
export interface PackedBatch {
  readonly rowCount: number;
  readonly rowLength: number;
  /** [R * C]: item, MASK or NOTHING */
  readonly items: Uint32Array;
  /** [R * C]: see `positionOf` */
  readonly positions: Uint32Array;
  /** [R, C, C]: 0 where the first sees the second, MASKED where not: another sequence, or later and `causal` */
  readonly sight: Float32Array;
  /** [P]: places in the packed rows whose outputs are asked */
  readonly asked: Uint32Array;
  /** [P] */
  readonly targets: Uint32Array;
}

/**
 * Puts the longest sequences first, each into the first row that has room (first fit, decreasing).
 * @param questions none empty
 */
export function packBatch(questions: readonly Question[], causal: boolean): PackedBatch {
  const order = questions.toSorted((a, b) => b.inputs.length - a.inputs.length);
  const rowLength = order[0]?.inputs.length ?? 0;
  const used: number[] = [];
  const starts = order.map(({ inputs }) => {
    let row = used.findIndex((filled) => filled + inputs.length <= rowLength);
    if (row < 0) row = used.push(0) - 1;
    const start = row * rowLength + (used[row] as number);
    used[row] = (used[row] as number) + inputs.length;
    return start;
  });
  const rowCount = used.length;
  const items = new Uint32Array(rowCount * rowLength).fill(NOTHING);
  const positions = new Uint32Array(items.length);
  const sight = new Float32Array(items.length * rowLength).fill(MASKED);
  // Every place sees itself, the empty ones too: a softmax needs something to sum over.
  for (let place = 0; place < items.length; place++) sight[place * rowLength + (place % rowLength)] = 0;
  const asked: number[] = [];
  const targets: number[] = [];
  order.forEach((question, k) => {
    const start = starts[k] as number;
    const count = question.inputs.length;
    items.set(question.inputs, start);
    for (let at = 0; at < count; at++) {
      positions[start + at] = positionOf({ causal }, at, count);
      const first = (start + at) * rowLength + (start % rowLength);
      sight.fill(0, first, first + (causal ? at + 1 : count));
    }
    question.asked.forEach((place, q) => {
      asked.push(start + place);
      targets.push(question.targets[q] as number);
    });
  });
  return {
    rowCount,
    rowLength,
    items,
    positions,
    sight,
    asked: Uint32Array.from(asked),
    targets: Uint32Array.from(targets),
  };
}
