// Figures of single users of several seeds put together: whoever was asked in several counts once, with their mean.

/**
 * @param {Record<string, Record<string, {users: string[], arms: Record<string, {kind: number, values: number[]}>}>>[]} seeds
 *   by base and number of known items
 * @returns {Map<string, {known: string, seeds: number, arms: Record<string, {kind: number, values: number[]}>}[]>} by base
 */
export function acrossSeeds(seeds) {
  const cells = new Map();
  for (const bases of seeds) {
    for (const [base, byKnown] of Object.entries(bases)) {
      for (const [known, figures] of Object.entries(byKnown)) {
        const key = `${base} ${known}`;
        const cell = cells.get(key) ?? { base, known, seeds: 0, byUser: new Map(), kinds: new Map() };
        cells.set(key, cell);
        addSeed(cell, figures);
      }
    }
  }
  return grouped(cells);
}

function addSeed(cell, { users, arms }) {
  cell.seeds += 1;
  for (const [name, { kind }] of Object.entries(arms)) cell.kinds.set(name, kind);
  users.forEach((user, row) => {
    const sums = cell.byUser.get(user) ?? { count: 0, arms: {} };
    cell.byUser.set(user, sums);
    sums.count += 1;
    for (const [name, { values }] of Object.entries(arms)) sums.arms[name] = (sums.arms[name] ?? 0) + values[row];
  });
}

function grouped(cells) {
  const bases = new Map();
  for (const { base, known, seeds, byUser, kinds } of cells.values()) {
    const users = [...byUser.values()];
    const arms = Object.fromEntries(
      [...kinds].map(([name, kind]) => [
        name,
        { kind, values: users.map(({ count, arms: sums }) => sums[name] / count) },
      ]),
    );
    bases.set(base, [...(bases.get(base) ?? []), { known, seeds, arms }]);
  }
  return bases;
}
