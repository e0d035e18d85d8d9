import { Random, rowDegrees, rowEntries } from '@kindred/domain';
import type { SampleSheet } from '@kindred/evaluation';
import { itemDistribution, type ModelArtefact } from '@kindred/models/artefact';
import type { SnapshotPart } from '@kindred/pairs';
import { trainedHistory } from './trained-history.js';

const PEOPLE = 5;
const KNOWN = 3;
/** Items shown of what is made, and of what else they have. */
const SHOWN = 10;

/** Titles by id, of the items that have one. */
export type TitlesOf = (itemIds: readonly string[]) => Promise<ReadonlyMap<string, string>>;

/**
 * What a generator makes of a few items of some people of the test, beside what else they have; what was held out first.
 * @param titlesOf items without a title are shown by their id
 * @returns none of a model that is no generator
 */
export async function sampleSheets(
  artefact: ModelArtefact,
  part: Pick<SnapshotPart, 'data' | 'heldOut' | 'items'>,
  titlesOf: TitlesOf,
): Promise<SampleSheet[]> {
  const { heldOut, data } = part;
  if (artefact.encoder.kind !== 'layers' || heldOut === undefined) return [];
  const random = new Random(1, 'sample sheets');
  const [lengths, answers] = [rowDegrees(data.positives), rowDegrees(heldOut.items)];
  const people = [...lengths.keys()].filter(
    (user) => (lengths[user] as number) >= KNOWN && (answers[user] as number) > 0,
  );
  const places = random.sample(people.length, Math.min(PEOPLE, people.length));
  const lists = Array.from(places, (place) => {
    const user = people[place] as number;
    const [items, , times] = trainedHistory({ data }, user);
    const order = random.shuffle(Uint32Array.from(items.keys()));
    const history = order.map((entry) => items[entry] as number);
    const known = history.slice(0, KNOWN);
    const hidden = [...rowEntries(heldOut.items, user)[0], ...history.slice(KNOWN)];
    const knownTimes = times && Float64Array.from(order.subarray(0, KNOWN), (entry) => times[entry] as number);
    const chances = itemDistribution(artefact, known, new Float32Array(KNOWN).fill(1), undefined, knownTimes);
    const made = [...chances.keys()].sort((a, b) => (chances[b] as number) - (chances[a] as number) || a - b);
    return { known: [...known], made: made.slice(0, SHOWN), hidden };
  });
  const idOf = (item: number) => part.items[item] as string;
  const shown = lists.flatMap(({ known, made, hidden }) => [...known, ...made, ...hidden.slice(0, SHOWN)]);
  const titles = await titlesOf([...new Set(shown)].map(idOf));
  const named = (items: readonly number[]) => items.map((item) => titles.get(idOf(item)) ?? idOf(item));
  return lists.map(({ known, made, hidden }) => {
    const has = new Set(hidden);
    return {
      known: named(known),
      made: named(made),
      hits: made.map((item) => has.has(item)),
      hidden: named(hidden.slice(0, SHOWN)),
    };
  });
}
