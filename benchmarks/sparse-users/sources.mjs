// Who says what a sparse user might have beside what they have: for each row of a cohort a list of items, the most
// expected first. `random-popular` and `shuffled` are controls, and live here only.
import { columnDegrees, Random, rowEntries } from '@kindred/domain';
import { batchOfCohort } from '@kindred/evaluation';
import { bestOthers, NeighbourItems } from '@kindred/models/artefact';

/** As many as the longest augmentation takes. */
const LIST = 30;
/** A list for another user may hold what one has: so many are spare. */
const SPARE = 10;
const NEIGHBOURS = 20;
const ROWS_AT_ONCE = 256;

/** What the recommender itself ranks best. */
export async function ownLists(recommender, { cohort }, length = LIST) {
  const { histories, itemCount } = cohort;
  const lists = [];
  for (let start = 0; start < histories.rowCount; start += ROWS_AT_ONCE) {
    const end = Math.min(histories.rowCount, start + ROWS_AT_ONCE);
    const scores = new Float32Array((end - start) * itemCount);
    await recommender.score(batchOfCohort(cohort, start, end), scores);
    for (let row = start; row < end; row++) {
      const own = scores.subarray((row - start) * itemCount, (row - start + 1) * itemCount);
      lists.push(bestOthers(own, rowEntries(histories, row)[0], length));
    }
  }
  return lists;
}

/** What the 20 most similar users of training have. */
export function neighbourLists(positives) {
  const neighbours = new NeighbourItems(
    { ...positives, values: new Float32Array(positives.values.length).fill(1) },
    NEIGHBOURS,
  );
  return ({ cohort }) =>
    rowsOf(cohort).map((row) => {
      const [items] = rowEntries(cohort.histories, row);
      return neighbours.propose(items, items, LIST);
    });
}

/** Items drawn by their popularity, by the user's id. */
export function popularLists(positives, seed) {
  const degrees = columnDegrees(positives);
  return ({ cohort, ids }) =>
    rowsOf(cohort).map((row) => {
      const random = new Random(seed, `popular items for ${ids[row]}`);
      // Of every item an exponential clock that ticks by its popularity: the first ones are a draw without replacement.
      const clocks = Float64Array.from(degrees, (users) =>
        users > 0 ? Math.log(random.next() + 1e-300) / users : -Infinity,
      );
      return bestOthers(clocks, rowEntries(cohort.histories, row)[0], LIST);
    });
}

/** What a generator expects of each row; spare ones for `shuffledLists`. */
export function generatedLists(generator, asked) {
  return ownLists(generator, asked, LIST + SPARE);
}

/** What a generator expects of somebody else: each row has the list of another one, less what it has itself. */
export function shuffledLists(lists, { cohort }, seed) {
  const order = new Random(seed, 'profiles of others').shuffle(Uint32Array.from(rowsOf(cohort)));
  const shuffled = [];
  order.forEach((row, place) => {
    const own = new Set(rowEntries(cohort.histories, row)[0]);
    shuffled[row] = lists[order[(place + 1) % order.length]].filter((item) => !own.has(item));
  });
  return shuffled;
}

function rowsOf({ histories }) {
  return Array.from({ length: histories.rowCount }, (_, row) => row);
}

/** How far lists differ between users: a generator that has collapsed gives all the same. */
export function diversityOf(lists, itemCount, seed, length = 10) {
  const counts = new Uint32Array(itemCount);
  for (const list of lists) for (const item of list.slice(0, length)) counts[item] += 1;
  const random = new Random(seed, 'pairs of lists');
  const pairs = Array.from({ length: 2000 }, () => [random.below(lists.length), random.below(lists.length)]);
  const overlaps = pairs
    .filter(([a, b]) => a !== b)
    .map(([a, b]) => jaccard(lists[a].slice(0, length), lists[b].slice(0, length)));
  return {
    coverage: counts.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0) / itemCount,
    counts,
    jaccard: overlaps.reduce((sum, value) => sum + value, 0) / overlaps.length,
  };
}

function jaccard(a, b) {
  const first = new Set(a);
  const shared = b.reduce((count, item) => count + (first.has(item) ? 1 : 0), 0);
  return shared / (a.length + b.length - shared || 1);
}
