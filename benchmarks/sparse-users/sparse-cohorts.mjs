// Users as an evaluation asks for them: so many of their items told, the rest of train neither told nor ranked.
import { hasEntry, matrixFromTriples, rowEntries } from '@kindred/domain';

/**
 * Sparse users with the first n of their items known.
 * @param {string[]} vocabulary ids of the items of training, by position
 * @param {number} firstUser position of the first one: beyond the users of training, as nobody knows them
 * @param {Map<string, number>} [trained] positions of users of training; absent: nobody is
 * @returns {{cohort: import('@kindred/evaluation').Cohort, ids: string[]}} what they have beside the known is hidden
 */
export function sparseCohort(users, vocabulary, known, firstUser, trained) {
  const at = places(vocabulary);
  const cut = (from, to) =>
    matrixOf(
      users.map(({ items }) => items.slice(from, to)),
      at,
    );
  const { relevant, unknownRelevant } = asked(users, at);
  const histories = cut(0, known);
  return {
    ids: users.map(({ user }) => user),
    cohort: {
      itemCount: vocabulary.length,
      histories,
      hidden: cut(known),
      times: timesOf(users, histories, vocabulary),
      users: Uint32Array.from(users, ({ user }, row) => trained?.get(user) ?? firstUser + row),
      relevant,
      unknownRelevant,
    },
  };
}

/** Users of training with all that they have in train. */
export function warmCohort(users, part) {
  const at = places(part.items);
  const positions = places(part.users);
  const histories = matrixOf(
    users.map(({ items }) => items),
    at,
  );
  return {
    ids: users.map(({ user }) => user),
    cohort: {
      itemCount: part.items.length,
      histories,
      times: timesOf(users, histories, part.items),
      users: Uint32Array.from(users, ({ user }) => positions.get(user)),
      ...asked(users, at),
    },
  };
}

function places(ids) {
  return new Map(ids.map((id, position) => [id, position]));
}

/** Of each entry of the histories, for generators that read in order; undefined where the log has no times. */
function timesOf(users, histories, vocabulary) {
  if (users.some(({ times }) => times === undefined)) return undefined;
  const times = users.flatMap(({ items, times }, row) => {
    const byItem = new Map(items.map((id, place) => [id, times[place]]));
    return Array.from(rowEntries(histories, row)[0], (item) => byItem.get(vocabulary[item]));
  });
  return Float64Array.from(times);
}

function asked(users, at) {
  return {
    relevant: matrixOf(
      users.map(({ test }) => test.filter((id) => at.has(id))),
      at,
    ),
    unknownRelevant: Uint32Array.from(users, ({ test }) => test.filter((id) => !at.has(id)).length),
  };
}

function matrixOf(rows, at) {
  const pairs = rows.flatMap((ids, row) => ids.filter((id) => at.has(id)).map((id) => [row, at.get(id)]));
  const values = new Float32Array(pairs.length).fill(1);
  const of = (side) => Uint32Array.from(pairs, (pair) => pair[side]);
  return matrixFromTriples(rows.length, at.size, of(0), of(1), values);
}

/**
 * A batch with further items in its histories.
 * @param pseudoOf of a position in `users`, items and their weight, or the weights of each
 */
export function withPseudoEntries(batch, pseudoOf) {
  const rows = [];
  const columns = [];
  const values = [];
  const add = (row, item, value) => {
    rows.push(row);
    columns.push(item);
    values.push(value);
  };
  batch.users.forEach((user, row) => {
    const [own, strengths] = rowEntries(batch.history, row);
    for (let k = 0; k < own.length; k++) add(row, own[k], strengths[k]);
    const { items = [], weight, weights } = pseudoOf(user) ?? {};
    items.forEach((item, k) => {
      if (!hasEntry(batch.history, row, item)) add(row, item, weights?.[k] ?? weight);
    });
  });
  const { rowCount, columnCount } = batch.history;
  const of = (list) => Uint32Array.from(list);
  const history = matrixFromTriples(rowCount, columnCount, of(rows), of(columns), Float32Array.from(values));
  return { ...batch, history, times: undefined };
}
