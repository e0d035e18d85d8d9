import { addRow } from '../add-row.js';
import { newestKept } from '../artefact/index.js';
import type { ProfileReading } from '../autoencoder/autoencoder-body.js';
import type { Profiles } from '../autoencoder/profiles.js';

/**
 * A profile read in order of time: x~_i C_i of its newest items side by side, the newest in the last place, zeros in those
 * places that it does not fill. Where the log has no times, the order is that of the items' indexes.
 * @param items so many are read at most
 * @param places P >= items, so that a profile has P times the width
 */
export function orderedReading(profiles: Profiles, items: number, places: number, width: number): ProfileReading {
  const eachPlace = (users: Uint32Array, visit: (item: number, input: number, at: number) => void) => {
    users.forEach((user, row) => {
      const { kept, strengths, times } = profiles.parts(user);
      const order = newestKept(Uint32Array.from(kept.keys()), kept, times, items);
      const first = (row + 1) * places - order.length;
      order.forEach((k, place) => {
        visit(kept[k] as number, strengths[k] as number, (first + place) * width);
      });
    });
  };
  return {
    width: places * width,
    read(users, table, out) {
      out.fill(0);
      eachPlace(users, (item, input, at) => addRow(table, item * width, input, out, at, width));
    },
    scatter(users, gradients, tableGradient) {
      eachPlace(users, (item, input, at) => addRow(gradients, at, input, tableGradient, item * width, width));
    },
  };
}
