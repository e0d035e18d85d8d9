// Trains on train.tsv, ranks for test.tsv, then recomputes a metric from the files. Run: node run.mjs [OUT]
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const [out = '.kindred/benchmark'] = process.argv.slice(2);
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const files = ['--train', here('train.tsv'), '--test', here('test.tsv')];
const words = ['benchmark', ...files, '--method', 'inductive', '--method', 'itemknn', '--out', out];
const { status } = spawnSync(process.execPath, [here('../../apps/cli/bin/kindred.js'), ...words], { stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);

const rows = (text) =>
  text
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'));
const pair = (user, item) => `${user}\t${item}`;
const known = new Set(rows(readFileSync(here('train.tsv'), 'utf8')).map(([user, item]) => pair(user, item)));
// What train holds is masked, so it is nothing to be found.
const wanted = rows(readFileSync(here('test.tsv'), 'utf8')).filter(([user, item]) => !known.has(pair(user, item)));
const relevant = new Set(wanted.map(([user, item]) => pair(user, item)));
const users = new Set(wanted.map(([user]) => user));

const { methods } = JSON.parse(readFileSync(join(out, 'metrics.json'), 'utf8'));
for (const { name, metrics } of methods) {
  const listed = rows(gunzipSync(readFileSync(join(out, `recommendations.${name}.tsv.gz`))).toString());
  const hits = listed.filter(([user, rank, item]) => Number(rank) <= 10 && relevant.has(pair(user, item))).length;
  const recomputed = hits / 10 / users.size;
  console.log(`${name}: precision@10 ${metrics['precision@10'].toFixed(6)}, recomputed ${recomputed.toFixed(6)}`);
  if (Math.abs(recomputed - metrics['precision@10']) > 1e-6) process.exitCode = 1;
}
