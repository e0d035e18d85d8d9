// Parts of a table of interactions as files of their own: a share of the users, a random split of the rows.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Random } from '@kindred/domain';

/** The same files with a share of the users, whom their ids decide. */
export function takeUsers(source, share, folder) {
  const files = Object.entries(source).map(([name, from]) => {
    const { header, rows } = readTable(from);
    const position = header.split('\t').indexOf('user_id');
    const kept = rows.filter((row) => new Random(1, `user:${row.split('\t')[position]}`).next() < share);
    return [name, writeTable(folder, `${name}.tsv`, header, kept)];
  });
  return Object.fromEntries(files);
}

/** Train and test of a table whose rows are distinct pairs: a share of them, drawn by the seed, is test. */
export function splitRows(from, testShare, seed, folder) {
  const { header, rows } = readTable(from);
  const testCount = Math.round(testShare * rows.length);
  new Random(seed, 'pairs of test').shuffle(rows);
  return {
    train: writeTable(folder, 'split-train.tsv', header, rows.slice(testCount)),
    test: writeTable(folder, 'split-test.tsv', header, rows.slice(0, testCount)),
  };
}

function readTable(file) {
  const bytes = readFileSync(file);
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  const [header, ...rows] = text.trimEnd().split(/\r?\n/);
  return { header, rows };
}

function writeTable(folder, name, header, rows) {
  const file = path.join(folder, name);
  writeFileSync(file, `${[header, ...rows].join('\n')}\n`);
  return file;
}
