import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { columnDegrees, emptyMatrix, matrixFromTriples } from '@kindred/domain';
import { evaluate, trainedCohort } from '@kindred/evaluation';
import { createBaseline } from './baselines/index.js';

const root = '/work/shared/datasets/';
function read(p) {
  const l = gunzipSync(readFileSync(root + p))
    .toString()
    .trim()
    .split('\n')
    .slice(1)
    .map((x) => x.split('\t'));
  return l;
}
export function load(tr, te) {
  const a = read(tr),
    b = read(te);
  const um = new Map(),
    im = new Map();
  const g = (m, k) => {
    let v = m.get(k);
    if (v === undefined) {
      v = m.size;
      m.set(k, v);
    }
    return v;
  };
  for (const r of a) {
    g(um, r[0]);
    g(im, r[1]);
  }
  for (const r of b) g(um, r[0]);
  const U = um.size,
    I = im.size;
  const mk = (rows) =>
    matrixFromTriples(
      U,
      I,
      Uint32Array.from(rows, (r) => um.get(r[0])),
      Uint32Array.from(rows, (r) => im.get(r[1])),
      new Float32Array(rows.length).fill(1),
    );
  const pos = mk(a);
  const unk = new Uint32Array(U);
  const known = [];
  for (const r of b) {
    if (im.has(r[1])) known.push(r);
    else unk[um.get(r[0])]++;
  }
  return {
    data: { positives: pos, weights: pos.values, times: undefined, negatives: emptyMatrix(U, I), endTimeMs: undefined },
    heldOut: { items: mk(known), unknownItems: unk },
  };
}
const [, , tr, te, ...ms] = process.argv;
const { data, heldOut } = load(tr, te);
console.log(data.positives.rowCount, data.positives.columnCount, data.positives.columns.length);
for (const m of ms) {
  const [n, s] = m.split('=');
  let t = performance.now();
  const f = createBaseline(n, s ? JSON.parse(s) : {});
  const r = await f.fit(data, 1);
  const tf = performance.now() - t;
  t = performance.now();
  const e = await evaluate(r, trainedCohort(data, heldOut, { mask: 'seen' }), {
    mask: 'seen',
    itemPopularity: columnDegrees(data.positives),
  });
  const te = performance.now() - t;
  console.log(
    m,
    'fit',
    tf | 0,
    'eval',
    te | 0,
    Object.fromEntries(
      ['precision@10', 'recall@10', 'ndcg@10', 'precision@20', 'recall@20', 'ndcg@20'].map((k) => [
        k,
        +e.metrics[k].toFixed(4),
      ]),
    ),
    'rss',
    process.memoryUsage().rss >> 20,
  );
}
