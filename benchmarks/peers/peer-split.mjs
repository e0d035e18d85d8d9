// What Kindred and its peers learn from and are measured on in a race: train and validation of a set's part `select`.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { readBenchmarkTable } from '@kindred/datasets';
import { matrixFromTriples, Random, rowEntries } from '@kindred/domain';
import { trainedCohort } from '@kindred/evaluation';
import { buildSnapshotInMemory } from '@kindred/pairs';
import { withSet } from '../sets.mjs';

/**
 * @param {{set: string, seed: number, share: number, validationUsers: number}} choice
 * @returns {Promise<{part: import('@kindred/pairs').SnapshotPart, cohort: import('@kindred/evaluation').Cohort}>}
 *   cohort: validation users with something to find, so many of them drawn by the seed
 */
export async function openPeerSplit({ set, seed, share, validationUsers }) {
  const part = await withSet(set, { seed, share }, async ({ source, pair }) => {
    const train = await readEvents(source.train);
    const test = await readEvents(source.test);
    const snapshot = await buildSnapshotInMemory({ train, test }, pair);
    return snapshot.part('select');
  });
  const { data, heldOut } = part;
  const everyone = trainedCohort(data, heldOut, { mask: 'seen' });
  const count = Math.min(validationUsers, everyone.users.length);
  const drawn = new Random(seed, 'validation users of the race').sample(everyone.users.length, count).sort();
  const kept = Array.from(drawn, (place) => everyone.users[place]);
  return { part, cohort: trainedCohort(data, rowsOnly(heldOut, kept), { mask: 'seen' }) };
}

/** Pairs of the train and of the validation as positions, for a peer to read; item -1 is one that train does not know. */
export function writePeerFiles({ part, cohort }, folder) {
  const { positives } = part.data;
  const train = pairsOf(positives, (row) => row);
  const validation = pairsOf(cohort.relevant, (row) => cohort.users[row]);
  cohort.unknownRelevant.forEach((count, row) => {
    for (let k = 0; k < count; k++) validation.push([cohort.users[row], -1]);
  });
  validation.sort(([a], [b]) => a - b);
  const write = (name, pairs) => {
    const file = path.join(folder, name);
    writeFileSync(file, pairs.map((pair) => `${pair.join('\t')}\n`).join(''));
    return file;
  };
  return {
    train: write('train.tsv', train),
    validation: write('validation.tsv', validation),
    users: positives.rowCount,
    items: positives.columnCount,
  };
}

function pairsOf(matrix, userOf) {
  const pairs = [];
  for (let row = 0; row < matrix.rowCount; row++) {
    for (const column of rowEntries(matrix, row)[0]) pairs.push([userOf(row), column]);
  }
  return pairs;
}

/** The held-out items of some users alone. */
function rowsOnly({ items, unknownItems }, users) {
  const kept = new Set(users);
  const pairs = users.flatMap((user) => Array.from(rowEntries(items, user)[0], (column) => [user, column]));
  const rows = Uint32Array.from(pairs, ([user]) => user);
  const columns = Uint32Array.from(pairs, ([, column]) => column);
  const values = new Float32Array(pairs.length).fill(1);
  return {
    items: matrixFromTriples(items.rowCount, items.columnCount, rows, columns, values),
    unknownItems: unknownItems.map((count, user) => (kept.has(user) ? count : 0)),
  };
}

async function readEvents(file) {
  const { users, items, userCodes, itemCodes } = await readBenchmarkTable(file);
  return [
    Array.from(userCodes, (user, row) => ({
      userId: users.names[user],
      itemId: items.names[itemCodes[row]],
      type: 'interaction',
    })),
  ];
}
