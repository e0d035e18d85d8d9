/** The places of the `count` values that are farthest from zero, of equal ones the first; ascending. */
export function largestPlaces(values: Float32Array, count: number): Uint32Array {
  const size = (place: number) => Math.abs(values[place] as number);
  const order = Uint32Array.from(values.keys()).sort((a, b) => size(b) - size(a) || a - b);
  return order.slice(0, count).sort();
}
