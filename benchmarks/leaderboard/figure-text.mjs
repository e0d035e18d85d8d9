/** .4262: no more digits than the intervals allow. */
export function share(value) {
  return Number.isFinite(value) ? value.toFixed(4).replace(/^0/, '') : '–';
}

/** .4262 (.4113 to .4407) */
export function withInterval(value, interval) {
  return `${share(value)} (${interval.map(share).join(' to ')})`;
}

/** At seconds that were taken beside other work. */
export const CROWDED = '†';

/** Seconds with a digit below ten, else without; with a mark where other work ran beside. */
export function secondsText(seconds, isCrowded = false) {
  return `${seconds.toFixed(seconds < 10 ? 1 : 0)}${isCrowded ? ` ${CROWDED}` : ''}`;
}
