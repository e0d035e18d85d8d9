// What is asked of the vectors that users were mapped to: how near to their own, and what is left when they are exchanged.
import { Random } from '@kindred/domain';

/** The same vectors, each given to somebody else: what is left when nothing is personal. */
export function permuted(vectors, width, seed) {
  const order = new Random(seed, 'exchanged users').shuffle(
    Uint32Array.from({ length: vectors.length / width }, (_, k) => k),
  );
  const out = new Float32Array(vectors.length);
  order.forEach((from, to) => {
    out.set(vectors.subarray(from * width, (from + 1) * width), to * width);
  });
  return out;
}

/** For each user, the share of the others whose own vector has a smaller cosine to where the user was mapped; both centred. */
export function placesOfOwn(mapped, own, width) {
  const [from, to] = [mapped, own].map((vectors) => centredUnitRows(vectors, width));
  const count = from.length / width;
  const places = new Float64Array(count);
  const cosines = new Float64Array(count);
  for (let user = 0; user < count; user++) {
    for (let other = 0; other < count; other++) {
      cosines[other] = 0;
      for (let c = 0; c < width; c++) cosines[other] += from[user * width + c] * to[other * width + c];
    }
    let below = 0;
    for (const cosine of cosines) below += cosine < cosines[user] ? 1 : 0;
    places[user] = below / (count - 1);
  }
  return places;
}

function centredUnitRows(vectors, width) {
  const count = vectors.length / width;
  const mean = new Float64Array(width);
  vectors.forEach((value, k) => {
    mean[k % width] += value / count;
  });
  const out = vectors.map((value, k) => value - mean[k % width]);
  for (let start = 0; start < out.length; start += width) {
    const length = Math.hypot(...out.subarray(start, start + width)) || 1;
    for (let c = start; c < start + width; c++) out[c] /= length;
  }
  return out;
}
