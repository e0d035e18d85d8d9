/**
 * For each axis of `outShape`, how far a tensor of `shape` moves when that axis advances by one:
 * 0 where it broadcasts. Axes align at the right.
 */
export function broadcastStrides(shape: readonly number[], outShape: readonly number[]): number[] {
  const strides = new Array<number>(outShape.length).fill(0);
  let stride = 1;
  for (let back = 1; back <= shape.length; back++) {
    const extent = shape[shape.length - back] as number;
    if (extent > 1) strides[outShape.length - back] = stride;
    stride *= extent;
  }
  return strides;
}

/** The shape that two shapes broadcast to, or undefined when they do not. */
export function findBroadcastShape(a: readonly number[], b: readonly number[]): number[] | undefined {
  const rank = Math.max(a.length, b.length);
  const out = new Array<number>(rank);
  for (let back = 1; back <= rank; back++) {
    const extentA = a[a.length - back] ?? 1;
    const extentB = b[b.length - back] ?? 1;
    if (extentA !== extentB && extentA !== 1 && extentB !== 1) return undefined;
    out[rank - back] = extentA === 1 ? extentB : extentA;
  }
  return out;
}

/** Calls `visit` with the offsets of two tensors for each position of `outer`, in row-major order. */
export function eachOffset(
  outer: readonly number[],
  stridesA: readonly number[],
  stridesB: readonly number[],
  visit: (offsetA: number, offsetB: number, position: number) => void,
): void {
  const count = outer.reduce((size, extent) => size * extent, 1);
  const index = new Array<number>(outer.length).fill(0);
  let offsetA = 0;
  let offsetB = 0;
  for (let position = 0; position < count; position++) {
    visit(offsetA, offsetB, position);
    for (let axis = outer.length - 1; axis >= 0; axis--) {
      offsetA += stridesA[axis] as number;
      offsetB += stridesB[axis] as number;
      const advanced = (index[axis] as number) + 1;
      if (advanced < (outer[axis] as number)) {
        index[axis] = advanced;
        break;
      }
      offsetA -= advanced * (stridesA[axis] as number);
      offsetB -= advanced * (stridesB[axis] as number);
      index[axis] = 0;
    }
  }
}
