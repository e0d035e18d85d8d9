import { type Event, type ItemId, Random, rowEntries, type UserId } from '@kindred/domain';
import { buildSnapshotInMemory, type SnapshotPart } from '@kindred/pairs';
import { itemDistribution, type ModelArtefact } from '../src/index.js';

const [USERS, ITEMS, DAY_MS] = [18, 16, 86_400_000];
type Chosen = readonly (readonly [user: number, item: number])[];

function eventsOf(pairs: Chosen, firstDay: number): Event[] {
  return pairs.map(([user, item], k) => ({
    id: `${firstDay} ${k}`,
    userId: `u${user}` as UserId,
    itemId: `i${item}` as ItemId,
    type: 'view',
    timeMs: (firstDay + ((7 * k) % 30)) * DAY_MS,
    value: undefined,
    properties: undefined,
  }));
}

/** Of each user eight items in an order: four of train, two of which one is validation, two of which one is test. */
const orders = Array.from({ length: USERS }, (_, user) => [...new Random(user, 'held out').sample(ITEMS, 8)]);
const pairsOf = (from: number, to: number): Chosen =>
  orders.flatMap((items, user) => items.slice(from, to).map((item): [number, number] => [user, item]));
/** A user and an item that nobody else knows, and a pair of train once more. */
const STRANGE: Chosen = [
  [USERS, 3],
  [2, ITEMS],
  [0, orders[0]?.[0] as number],
];
const validation = pairsOf(4, 5);
/** The other one differs in the pair of a single user. */
const VALIDATION = {
  given: eventsOf(validation, 40),
  other: eventsOf([...validation.slice(0, -1), ...pairsOf(5, 6).slice(-1)], 40),
};
/** The other one has other pairs at other times. */
const TEST = { given: eventsOf(pairsOf(6, 7), 140), other: eventsOf([...pairsOf(7, 8), ...STRANGE], 190) };

/** What a model learns that is measured on the test: the same train events, and the validation. */
export async function partBeforeTest(learned: keyof typeof VALIDATION, test: keyof typeof TEST) {
  const train = eventsOf(pairsOf(0, 4), 0);
  const sets = { train: [train], validation: [VALIDATION[learned]], test: [TEST[test]] };
  return (await buildSnapshotInMemory(sets)).part('evaluate');
}

/** What a generator makes of everybody who is trained on: the mean, and drawn. */
export function madeOf(artefact: ModelArtefact, { data: { positives, times } }: SnapshotPart): Float32Array[] {
  return Array.from({ length: positives.rowCount }, (_, user) => {
    const own = times?.subarray(positives.offsets[user], positives.offsets[user + 1]);
    return [undefined, 5].map((seed) => itemDistribution(artefact, ...rowEntries(positives, user), seed, own));
  }).flat();
}
