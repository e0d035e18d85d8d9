/** into[at ..] += factor * from[start ..], over one row. */
export function addRow(
  from: Float32Array,
  start: number,
  factor: number,
  into: Float32Array,
  at: number,
  width: number,
): void {
  let c = 0;
  for (; c + 3 < width; c += 4) {
    into[at + c] = (into[at + c] as number) + factor * (from[start + c] as number);
    into[at + c + 1] = (into[at + c + 1] as number) + factor * (from[start + c + 1] as number);
    into[at + c + 2] = (into[at + c + 2] as number) + factor * (from[start + c + 2] as number);
    into[at + c + 3] = (into[at + c + 3] as number) + factor * (from[start + c + 3] as number);
  }
  for (; c < width; c++) into[at + c] = (into[at + c] as number) + factor * (from[start + c] as number);
}
