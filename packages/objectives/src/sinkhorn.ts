/**
 * Soft assignments of a batch to prototypes with every prototype used alike (Cuturi, 2013; Caron et al., SwAV, NeurIPS
 * 2020): exp(score / epsilon), then columns and rows brought to their sums in turn. The last turn is the rows', so that
 * each is a distribution to the last digit; the columns' sums near B / S with the turns. Without them all views could
 * take one prototype, and training would end there.
 * @param scores [B, S]: cosines of views with prototypes
 * @param epsilon >= .005: the smaller, the harder the assignment
 * @param iterations turns, >= 1; the paper takes 3
 * @returns [B, S], rows sum to 1
 */
export function sinkhornCodes(
  scores: Float32Array,
  segments: number,
  epsilon: number,
  iterations: number,
): Float32Array {
  const batch = scores.length / segments;
  const codes = exponentials(scores, epsilon);
  for (let turn = 0; turn < iterations; turn++) {
    scaleColumns(codes, segments, batch / segments);
    scaleRows(codes, segments);
  }
  return Float32Array.from(codes);
}

/** exp((score - largest) / epsilon), in double precision: cosines and epsilon >= .005 neither overflow nor vanish. */
function exponentials(scores: Float32Array, epsilon: number): Float64Array {
  let largest = Number.NEGATIVE_INFINITY;
  for (const score of scores) largest = Math.max(largest, score);
  return Float64Array.from(scores, (score) => Math.exp((score - largest) / epsilon));
}

function scaleColumns(codes: Float64Array, segments: number, sum: number): void {
  const totals = new Float64Array(segments);
  for (let k = 0; k < codes.length; k++) totals[k % segments] = (totals[k % segments] as number) + (codes[k] as number);
  for (let k = 0; k < codes.length; k++) {
    codes[k] = ((codes[k] as number) * sum) / (totals[k % segments] as number);
  }
}

function scaleRows(codes: Float64Array, segments: number): void {
  for (let start = 0; start < codes.length; start += segments) {
    let total = 0;
    for (let k = start; k < start + segments; k++) total += codes[k] as number;
    for (let k = start; k < start + segments; k++) codes[k] = (codes[k] as number) / total;
  }
}
