/** into += factor * from, element by element. */
export function addScaled(from: Float32Array, factor: number, into: Float32Array): void {
  for (let k = 0; k < into.length; k++) into[k] = (into[k] as number) + factor * (from[k] as number);
}
