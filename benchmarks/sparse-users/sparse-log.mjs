// Logs of which a part of the users is to be known by a few items only: what each user has, in which order, and what is
// asked of them.
import { readBenchmarkTable } from '@kindred/datasets';
import { Random } from '@kindred/domain';
import { buildSnapshotInMemory } from '@kindred/pairs';
import { withSet } from '../sets.mjs';

const DAY_MS = 86_400_000;
/** How long a life is made where only the order within it counts: too short for a window or an age to matter. */
const LIFE_MS = DAY_MS;
/** Of a user's items, where the set has no test part and time is no boundary for all. */
const TEST_SHARE = 0.2;
/** Items in train that a user needs to be made a sparse one. */
const FEWEST_ITEMS = 20;
/** Of those, how many are, and how many at most. */
const SPARSE_SHARE = 0.2;
const MOST_SPARSE = 1600;
const MOST_WARM = 1000;
const EVENTS_PER_BATCH = 10_000;

/**
 * @typedef {object} LogUser
 * @property {string} user
 * @property {string[]} items what they have in train, the first by time first; without times as the file has them
 * @property {number[] | undefined} times of their newest events with those
 * @property {string[]} test what is to be found: nothing of `items`
 */

/**
 * What is test: the set's own test part; else, where the set is divided at one instant, what a user took for the first
 * time after it; else the newest fifth of each user's items, or a fifth drawn by the user's id where there are no times.
 * Nothing that happened after the instant is known before it, a further event with an item of train included. Where each
 * user has a newest fifth, time is the place in their own history: the validation that training carves out, the newest
 * of all times, is then like the test.
 * @returns {Promise<{users: LogUser[], isOrdered: boolean}>} isOrdered: items stand in order of time, and have times
 */
export async function readSparseLog(name, { share, seed }) {
  return withSet(name, { seed, share, isWhole: true }, async ({ source, pair }) => {
    if (source.data === undefined) return givenLog(source);
    return logOfTable(await readBenchmarkTable(source.data), pair.split?.test?.days);
  });
}

/** @param days test is what was taken first in so many last ones; undefined: a part of what each user has */
export function logOfTable(table, days) {
  const isOrdered = table.timesMs !== undefined;
  if (days === undefined) return { users: pairsByUser(table).map(ownTest), isOrdered };
  const boundary = table.timesMs.reduce((newest, time) => Math.max(newest, time), 0) - days * DAY_MS;
  const before = pairsByUser(table, (time) => time < boundary);
  const after = pairsByUser(table, (time) => time >= boundary);
  return { users: before.map((own, user) => withTest(own, after[user].pairs)), isOrdered };
}

/** A given validation part is asked like the test: nothing here is chosen by it. */
export async function givenLog({ train, ...parts }) {
  const asked = new Map();
  for (const part of Object.values(parts)) {
    for (const { user, pairs } of pairsByUser(await readBenchmarkTable(part))) {
      asked.set(user, [...(asked.get(user) ?? []), ...pairs]);
    }
  }
  const table = await readBenchmarkTable(train);
  const isOrdered = table.timesMs !== undefined;
  const users = pairsByUser(table).map(({ user, pairs }) => ({
    ...trainOf(user, pairs),
    times: isOrdered ? pairs.map(({ newest }) => newest) : undefined,
    test: idsOf(asked.get(user) ?? []),
  }));
  return { users, isOrdered };
}

/**
 * Distinct items of each user with their first and newest instant, the first first; without times in the file's order.
 * @param isMeant which instants to read
 */
function pairsByUser({ users, items, userCodes, itemCodes, timesMs, rowCount }, isMeant = () => true) {
  const byUser = users.names.map(() => new Map());
  for (let row = 0; row < rowCount; row++) {
    const own = byUser[userCodes[row]];
    const time = timesMs?.[row];
    if (!isMeant(time)) continue;
    const known = own.get(itemCodes[row]);
    if (known === undefined) own.set(itemCodes[row], { item: items.names[itemCodes[row]], first: time, newest: time });
    else if (time !== undefined) {
      known.first = Math.min(known.first, time);
      known.newest = Math.max(known.newest, time);
    }
  }
  return byUser.map((own, user) => ({
    user: users.names[user],
    pairs: timesMs === undefined ? [...own.values()] : [...own.values()].sort((a, b) => a.first - b.first),
  }));
}

function withTest({ user, pairs }, later) {
  const known = new Set(idsOf(pairs));
  return {
    ...trainOf(user, pairs),
    times: pairs.map(({ newest }) => newest),
    test: idsOf(later).filter((item) => !known.has(item)),
  };
}

function ownTest({ user, pairs }) {
  const isTimed = pairs[0]?.first !== undefined;
  const order = isTimed ? pairs : new Random(1, `test of ${user}`).shuffle([...pairs]);
  const trainCount = pairs.length - Math.floor(TEST_SHARE * pairs.length);
  const train = trainOf(user, order.slice(0, trainCount));
  const times = isTimed ? train.items.map((_, place) => Math.floor((LIFE_MS * place) / trainCount)) : undefined;
  return { ...train, times, test: idsOf(order.slice(trainCount)) };
}

function trainOf(user, pairs) {
  return { user, items: idsOf(pairs), times: undefined };
}

function idsOf(pairs) {
  return pairs.map(({ item }) => item);
}

/**
 * A fifth of the users with 20 items and something to find, drawn by the seed, is known by a few items only, half of them
 * to choose by and half to measure on. All others are learned from: of them a snapshot is made, whose validation is
 * carved out of their train items.
 * @param {number} [learnedItems] of the sparse users so many are learned from too (the transductive regime)
 */
export async function drawSparseUsers({ users, isOrdered }, { seed, learnedItems = 0 }) {
  const isAsked = ({ items, test }) => items.length >= FEWEST_ITEMS && test.length > 0;
  const eligible = [...users.keys()].filter((user) => isAsked(users[user]));
  const count = Math.min(MOST_SPARSE, Math.round(SPARSE_SHARE * eligible.length));
  const drawn = Array.from(new Random(seed, 'sparse users').sample(eligible.length, count), (place) => eligible[place]);
  const isSparse = new Set(drawn);
  const vocabulary = new Set(users.flatMap(({ items }, user) => (isSparse.has(user) ? [] : items)));
  const sparse = drawn.map((user) => inOrder(users[user], seed, isOrdered, vocabulary));
  const learned = users.filter((_, user) => !isSparse.has(user));
  const taught = learnedItems === 0 ? [] : sparse.map((user) => firstItems(user, learnedItems));
  const split = { kind: isOrdered ? 'time' : 'random', validation: { fraction: 0.1 }, test: { fraction: 0 } };
  const half = Math.ceil(sparse.length / 2);
  return {
    snapshot: await buildSnapshotInMemory(eventsOf([...learned, ...taught]), { seed, split }),
    validation: sparse.slice(0, half),
    test: sparse.slice(half),
    warm: sampleOf(
      learned.filter(({ items, test }) => items.length > 0 && test.length > 0),
      seed,
    ),
  };
}

/** Items that training knows; drawn into an order of the seed's where time gives none. */
function inOrder(user, seed, isOrdered, vocabulary) {
  const known = [...user.items.keys()].filter((place) => vocabulary.has(user.items[place]));
  const items = known.map((place) => user.items[place]);
  if (!isOrdered) return { ...user, items: new Random(seed, `known of ${user.user}`).shuffle(items) };
  return { ...user, items, times: known.map((place) => user.times[place]) };
}

function firstItems(user, count) {
  return { ...user, items: user.items.slice(0, count), times: user.times?.slice(0, count) };
}

function sampleOf(users, seed) {
  if (users.length <= MOST_WARM) return users;
  return Array.from(new Random(seed, 'warm users').sample(users.length, MOST_WARM), (place) => users[place]);
}

function* eventsOf(users) {
  let batch = [];
  for (const { user, items, times } of users) {
    items.forEach((itemId, k) => {
      batch.push({ userId: user, itemId, type: 'interaction', timeMs: times?.[k] });
    });
    if (batch.length < EVENTS_PER_BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
