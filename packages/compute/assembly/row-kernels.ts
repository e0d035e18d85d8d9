/**
 * Loops over rows of tables, four numbers at a time, in AssemblyScript. `npm run generate -w @kindred/compute` compiles
 * this file to src/row-kernels/kernel-bytes.generated.ts. Every parameter of type usize is the address of an array in
 * the one memory that all of them share (see arena.ts); rows, columns and offsets are u32, all else f32.
 * The same loops in plain TypeScript, which tests hold against these: packages/models/src/plain-rows.ts, plain-adam.ts.
 */

/** Adam's constants, those of packages/models/src/adam.ts. */
const BETA_1: f32 = 0.9;
const BETA_2: f32 = 0.999;
/** What each new gradient adds: 1 - beta, as exact as one number can say it. */
const TAKEN_1: f32 = 0.1;
const TAKEN_2: f32 = 0.001;
/** Added to a squared norm. */
const NORM_EPSILON: f32 = 1e-12;
/** Smaller means and squares become zero: numbers below the normal range take a processor a hundred times as long. */
const NEGLIGIBLE: f32 = 1e-30;

function rowAt(rows: usize, k: u32): u32 {
  return load<u32>(rows + ((<usize>k) << 2));
}

function addressOf(table: usize, row: u32, width: u32): usize {
  return table + ((<usize>row * <usize>width) << 2);
}

function sumOf(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
}

/** into += factor * from, over `bytes` bytes. */
function addScaled(from: usize, factor: f32, into: usize, bytes: usize): void {
  const four = bytes & ~15;
  const factors = f32x4.splat(factor);
  let at: usize = 0;
  for (; at < four; at += 16) {
    v128.store(into + at, f32x4.add(v128.load(into + at), f32x4.mul(factors, v128.load(from + at))));
  }
  for (; at < bytes; at += 4) store<f32>(into + at, load<f32>(into + at) + factor * load<f32>(from + at));
}

function factorOf(weights: usize, columns: usize, scale: usize, e: u32): f32 {
  const weight = load<f32>(weights + ((<usize>e) << 2));
  return scale === 0 ? weight : weight * load<f32>(scale + ((<usize>rowAt(columns, e)) << 2));
}

/** out[k] = sum over the entries e of row rows[k] of weights[e] * scale[column] * table[column]; scale 0: all ones. */
export function gatherRowSums(
  offsets: usize,
  columns: usize,
  weights: usize,
  scale: usize,
  rows: usize,
  rowCount: u32,
  table: usize,
  width: u32,
  out: usize,
): void {
  const bytes = (<usize>width) << 2;
  const four = bytes & ~15;
  memory.fill(out, 0, <usize>rowCount * bytes);
  for (let k: u32 = 0; k < rowCount; k++) {
    const row = rowAt(rows, k);
    const end = rowAt(offsets, row + 1);
    let e = rowAt(offsets, row);
    // Four entries at a time: a quarter of the loads and stores of the sum.
    for (; e + 3 < end; e += 4) {
      const from0 = addressOf(table, rowAt(columns, e), width);
      const from1 = addressOf(table, rowAt(columns, e + 1), width);
      const from2 = addressOf(table, rowAt(columns, e + 2), width);
      const from3 = addressOf(table, rowAt(columns, e + 3), width);
      const f0 = factorOf(weights, columns, scale, e);
      const f1 = factorOf(weights, columns, scale, e + 1);
      const f2 = factorOf(weights, columns, scale, e + 2);
      const f3 = factorOf(weights, columns, scale, e + 3);
      const v0 = f32x4.splat(f0);
      const v1 = f32x4.splat(f1);
      const v2 = f32x4.splat(f2);
      const v3 = f32x4.splat(f3);
      let at: usize = 0;
      for (; at < four; at += 16) {
        const left = f32x4.add(f32x4.mul(v0, v128.load(from0 + at)), f32x4.mul(v1, v128.load(from1 + at)));
        const right = f32x4.add(f32x4.mul(v2, v128.load(from2 + at)), f32x4.mul(v3, v128.load(from3 + at)));
        v128.store(out + at, f32x4.add(v128.load(out + at), f32x4.add(left, right)));
      }
      for (; at < bytes; at += 4) {
        const left = f0 * load<f32>(from0 + at) + f1 * load<f32>(from1 + at);
        const right = f2 * load<f32>(from2 + at) + f3 * load<f32>(from3 + at);
        store<f32>(out + at, load<f32>(out + at) + (left + right));
      }
    }
    for (; e < end; e++) {
      addScaled(addressOf(table, rowAt(columns, e), width), factorOf(weights, columns, scale, e), out, bytes);
    }
    out += bytes;
  }
}

/** table[column of e] += weights[e] * values[k] for each entry e of row rows[k]. */
export function scatterRowSums(
  offsets: usize,
  columns: usize,
  weights: usize,
  rows: usize,
  rowCount: u32,
  values: usize,
  width: u32,
  table: usize,
): void {
  const bytes = (<usize>width) << 2;
  for (let k: u32 = 0; k < rowCount; k++) {
    const row = rowAt(rows, k);
    const end = rowAt(offsets, row + 1);
    for (let e = rowAt(offsets, row); e < end; e++) {
      addScaled(values, load<f32>(weights + ((<usize>e) << 2)), addressOf(table, rowAt(columns, e), width), bytes);
    }
    values += bytes;
  }
}

/** table[rows[k]] += values[k]. */
export function addRows(values: usize, rows: usize, rowCount: u32, width: u32, table: usize): void {
  const bytes = (<usize>width) << 2;
  for (let k: u32 = 0; k < rowCount; k++) {
    addScaled(values, 1, addressOf(table, rowAt(rows, k), width), bytes);
    values += bytes;
  }
}

/** out[k] = table[rows[k]]. */
export function takeRows(table: usize, rows: usize, rowCount: u32, width: u32, out: usize): void {
  const bytes = (<usize>width) << 2;
  for (let k: u32 = 0; k < rowCount; k++) {
    memory.copy(out, addressOf(table, rowAt(rows, k), width), bytes);
    out += bytes;
  }
}

function dot(a: usize, b: usize, bytes: usize): f32 {
  const four = bytes & ~15;
  let sums = f32x4.splat(0);
  let at: usize = 0;
  for (; at < four; at += 16) sums = f32x4.add(sums, f32x4.mul(v128.load(a + at), v128.load(b + at)));
  let sum = sumOf(sums);
  for (; at < bytes; at += 4) sum += load<f32>(a + at) * load<f32>(b + at);
  return sum;
}

/** out[r] = 1 / |table[r]| for every row. */
export function inverseNorms(table: usize, rowCount: u32, width: u32, out: usize): void {
  const bytes = (<usize>width) << 2;
  for (let row: u32 = 0; row < rowCount; row++) {
    store<f32>(out + ((<usize>row) << 2), 1 / sqrt<f32>(dot(table, table, bytes) + NORM_EPSILON));
    table += bytes;
  }
}

/** The gradient of each row named, from the gradient g of its unit vector: (g - (g . Q) Q) / |q|. In place. */
export function projectRows(gradient: usize, table: usize, norms: usize, rows: usize, rowCount: u32, width: u32): void {
  const bytes = (<usize>width) << 2;
  const four = bytes & ~15;
  for (let k: u32 = 0; k < rowCount; k++) {
    const row = rowAt(rows, k);
    const g = addressOf(gradient, row, width);
    const q = addressOf(table, row, width);
    const norm = load<f32>(norms + ((<usize>row) << 2));
    const along = dot(g, q, bytes) * norm * norm;
    const alongs = f32x4.splat(along);
    const normed = f32x4.splat(norm);
    let at: usize = 0;
    for (; at < four; at += 16) {
      const rest = f32x4.sub(v128.load(g + at), f32x4.mul(alongs, v128.load(q + at)));
      v128.store(g + at, f32x4.mul(rest, normed));
    }
    for (; at < bytes; at += 4) store<f32>(g + at, (load<f32>(g + at) - along * load<f32>(q + at)) * norm);
  }
}

/** What is no number stays none: whoever inspects the rows has to see it. */
function flushed(v: v128): v128 {
  return v128.andnot(v, f32x4.lt(f32x4.abs(v), f32x4.splat(NEGLIGIBLE)));
}

/**
 * One step of Adam over rows, whose gradient becomes zero.
 * @param rows 0: all of them, one after the other
 * @param compact 1: gradient[k] belongs to row rows[k]; 0: gradient[row]
 * @param norms 1 / |row| of the new values
 */
export function adamStep(
  rows: usize,
  rowCount: u32,
  values: usize,
  mean: usize,
  square: usize,
  gradient: usize,
  compact: u32,
  width: u32,
  size: f32,
  epsilon: f32,
  norms: usize,
): void {
  const bytes = (<usize>width) << 2;
  const four = bytes & ~15;
  const sizes = f32x4.splat(size);
  const epsilons = f32x4.splat(epsilon);
  const keep1 = f32x4.splat(BETA_1);
  const take1 = f32x4.splat(TAKEN_1);
  const keep2 = f32x4.splat(BETA_2);
  const take2 = f32x4.splat(TAKEN_2);
  const zero = f32x4.splat(0);
  for (let k: u32 = 0; k < rowCount; k++) {
    const row = rows === 0 ? k : rowAt(rows, k);
    const at = (<usize>row * <usize>width) << 2;
    const x = values + at;
    const m = mean + at;
    const s = square + at;
    const g = compact ? addressOf(gradient, k, width) : gradient + at;
    let squares = f32x4.splat(0);
    let c: usize = 0;
    for (; c < four; c += 16) {
      const gs = v128.load(g + c);
      const ms = flushed(f32x4.add(f32x4.mul(keep1, v128.load(m + c)), f32x4.mul(take1, gs)));
      const ss = flushed(f32x4.add(f32x4.mul(keep2, v128.load(s + c)), f32x4.mul(take2, f32x4.mul(gs, gs))));
      const xs = f32x4.sub(v128.load(x + c), f32x4.div(f32x4.mul(sizes, ms), f32x4.add(f32x4.sqrt(ss), epsilons)));
      v128.store(m + c, ms);
      v128.store(s + c, ss);
      v128.store(x + c, xs);
      v128.store(g + c, zero);
      squares = f32x4.add(squares, f32x4.mul(xs, xs));
    }
    let squared = sumOf(squares);
    for (; c < bytes; c += 4) {
      const g1 = load<f32>(g + c);
      const m1 = BETA_1 * load<f32>(m + c) + TAKEN_1 * g1;
      const s1 = BETA_2 * load<f32>(s + c) + TAKEN_2 * (g1 * g1);
      const x1 = load<f32>(x + c) - (size * m1) / (sqrt<f32>(s1) + epsilon);
      store<f32>(m + c, m1);
      store<f32>(s + c, s1);
      store<f32>(x + c, x1);
      store<f32>(g + c, 0);
      squared += x1 * x1;
    }
    store<f32>(norms + ((<usize>row) << 2), 1 / sqrt<f32>(squared + NORM_EPSILON));
  }
}

/**
 * What the steps since each row's last one would have done to it with a gradient of zero: its momentum runs out.
 * @param rows 0: all of them
 * @param seen u32 [R]: the step up to which each row is; 0: it never had a gradient
 * @param tables [4, stride], by how many steps were missed: the sizes of those steps times what is left of the
 *   momentum, summed; the epsilon of the step before them; what is left of the mean; what is left of the square
 * @param norms 1 / |row| of the new values
 */
export function adamCatchUp(
  rows: usize,
  rowCount: u32,
  values: usize,
  mean: usize,
  square: usize,
  width: u32,
  seen: usize,
  now: u32,
  tables: usize,
  stride: u32,
  norms: usize,
): void {
  const bytes = (<usize>width) << 2;
  const four = bytes & ~15;
  for (let k: u32 = 0; k < rowCount; k++) {
    const row = rows === 0 ? k : rowAt(rows, k);
    const last = rowAt(seen, row);
    if (last === now || last === 0) continue;
    store<u32>(seen + ((<usize>row) << 2), now);
    const place = tables + ((<usize>(now - last)) << 2);
    const move = load<f32>(place);
    const epsilon = load<f32>(place + ((<usize>stride) << 2));
    const left1 = load<f32>(place + ((<usize>stride) << 3));
    const left2 = load<f32>(place + <usize>stride * 12);
    const moves = f32x4.splat(move);
    const epsilons = f32x4.splat(epsilon);
    const lefts1 = f32x4.splat(left1);
    const lefts2 = f32x4.splat(left2);
    const at = (<usize>row * <usize>width) << 2;
    const x = values + at;
    const m = mean + at;
    const s = square + at;
    let c: usize = 0;
    for (; c < four; c += 16) {
      const ms = v128.load(m + c);
      const ss = v128.load(s + c);
      const step = f32x4.div(f32x4.mul(moves, ms), f32x4.add(f32x4.sqrt(ss), epsilons));
      v128.store(x + c, f32x4.sub(v128.load(x + c), step));
      v128.store(m + c, flushed(f32x4.mul(ms, lefts1)));
      v128.store(s + c, flushed(f32x4.mul(ss, lefts2)));
    }
    for (; c < bytes; c += 4) {
      const m1 = load<f32>(m + c);
      const s1 = load<f32>(s + c);
      store<f32>(x + c, load<f32>(x + c) - (move * m1) / (sqrt<f32>(s1) + epsilon));
      store<f32>(m + c, m1 * left1);
      store<f32>(s + c, s1 * left2);
    }
    store<f32>(norms + ((<usize>row) << 2), 1 / sqrt<f32>(dot(x, x, bytes) + NORM_EPSILON));
  }
}
