/** A linear axis: from values to places, with round ticks. */
export interface Axis {
  readonly ticks: readonly number[];
  place(value: number): number;
}

/**
 * @param domain smallest and largest value; widened to round numbers when `isNice`
 * @param range places of the two
 */
export function createAxis(
  domain: readonly [number, number],
  range: readonly [number, number],
  tickCount = 5,
  isNice = true,
): Axis {
  const [low, high] = domain[1] > domain[0] ? domain : [domain[0], domain[0] + 1];
  const step = niceStep((high - low) / tickCount);
  const start = isNice ? Math.floor(low / step + 1e-9) * step : low;
  const end = isNice ? Math.ceil(high / step - 1e-9) * step : high;
  const first = Math.ceil(start / step - 1e-9);
  const last = Math.floor(end / step + 1e-9);
  return {
    ticks: Array.from({ length: last - first + 1 }, (_, k) => Number(((first + k) * step).toPrecision(12))),
    place: (value) => range[0] + ((value - start) / (end - start)) * (range[1] - range[0]),
  };
}

/** 1, 2 or 5 times a power of ten, at least the given step. */
function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const scaled = rough / power;
  if (scaled <= 1) return power;
  if (scaled <= 2) return 2 * power;
  return scaled <= 5 ? 5 * power : 10 * power;
}
