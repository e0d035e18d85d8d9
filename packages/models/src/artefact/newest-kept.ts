/**
 * The newest entries of a history, oldest first: by time, items of one instant by their index.
 * @param places the entries to choose from; sorted in place
 * @param items [n] the item of each entry
 * @param times [n] in any unit; undefined: the order of the places is the order in time
 * @param limit how many are kept
 */
export function newestKept(
  places: Uint32Array,
  items: Uint32Array,
  times: Float64Array | undefined,
  limit: number,
): Uint32Array {
  if (times !== undefined) {
    places.sort((a, b) => (times[a] as number) - (times[b] as number) || (items[a] as number) - (items[b] as number));
  }
  return places.subarray(Math.max(0, places.length - limit));
}
