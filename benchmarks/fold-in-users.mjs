// Users whom training never sees: who they are, and what is asked of them when n of their items are known.
import { readBenchmarkTable } from '@kindred/datasets';
import { matrixFromTriples, Random } from '@kindred/domain';
import { buildSnapshotInMemory } from '@kindred/pairs';

const FEWEST_ITEMS = 20;
const SHARE = 0.1;
const EVENTS_PER_BATCH = 10_000;

/**
 * A tenth of the users with at least 20 items, drawn by the seed, is held out whole; of everybody else a snapshot is made
 * whose part `select` has a random tenth of each user's items as validation, and whose part `serve` has all.
 * @returns {Promise<{snapshot: import('@kindred/pairs').SnapshotInMemory, held: {user: string, items: string[]}[]}>}
 */
export async function holdUsersOut(file, seed) {
  const { users, items, userCodes, itemCodes } = await readBenchmarkTable(file);
  const itemsOf = users.names.map(() => new Set());
  userCodes.forEach((user, row) => {
    itemsOf[user].add(itemCodes[row]);
  });
  const eligible = [...itemsOf.keys()].filter((user) => itemsOf[user].size >= FEWEST_ITEMS);
  const drawn = new Random(seed, 'fold-in users').sample(eligible.length, Math.round(SHARE * eligible.length));
  const heldUsers = new Set([...drawn].map((place) => eligible[place]));
  const events = eventsOf(itemsOf, heldUsers, users.names, items.names);
  const split = { kind: 'random', validation: { fraction: 0.1 }, test: { fraction: 0 } };
  const snapshot = await buildSnapshotInMemory(events, { seed, split });
  const held = [...heldUsers]
    .sort((a, b) => a - b)
    .map((user) => {
      const order = new Random(seed, `fold-in:${users.names[user]}`).shuffle(Uint32Array.from(itemsOf[user]));
      return { user: users.names[user], items: Array.from(order, (item) => items.names[item]) };
    });
  return { snapshot, held };
}

function* eventsOf(itemsOf, left, users, items) {
  let batch = [];
  for (const [user, own] of itemsOf.entries()) {
    if (left.has(user)) continue;
    for (const item of own) batch.push({ userId: users[user], itemId: items[item], type: 'interaction' });
    if (batch.length < EVENTS_PER_BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/**
 * The held users as an evaluation asks for them: the first of their items known, all others to be found. Items that
 * training does not know say nothing where they are known, and are misses where they are to be found.
 * @param {readonly string[]} vocabulary ids of the items of training, by position
 * @param {(count: number) => number} knownOf how many of so many items are known
 * @returns {import('@kindred/evaluation').Cohort}
 */
export function foldInCohort(held, vocabulary, knownOf) {
  const positions = new Map(vocabulary.map((id, position) => [id, position]));
  const unknownRelevant = new Uint32Array(held.length);
  const histories = [];
  const relevant = [];
  held.forEach(({ items }, row) => {
    const known = knownOf(items.length);
    items.forEach((id, place) => {
      const position = positions.get(id);
      if (position === undefined) unknownRelevant[row] += place < known ? 0 : 1;
      else (place < known ? histories : relevant).push([row, position]);
    });
  });
  return {
    itemCount: vocabulary.length,
    histories: matrixOf(histories, held.length, vocabulary.length),
    times: undefined,
    users: undefined,
    relevant: matrixOf(relevant, held.length, vocabulary.length),
    unknownRelevant,
  };
}

function matrixOf(pairs, rowCount, columnCount) {
  const rows = Uint32Array.from(pairs, ([row]) => row);
  const columns = Uint32Array.from(pairs, ([, column]) => column);
  return matrixFromTriples(rowCount, columnCount, rows, columns, new Float32Array(pairs.length).fill(1));
}
