/** Lists of which more than this is new at every look follow nothing that is learned. */
const OSCILLATING_TURNOVER = 0.9;
/** Looks in a row before a training is stopped for what one look may show by chance. */
export const OSCILLATING_LOOKS = 5;

/**
 * Whether what is made for the same people was another at each of the last looks.
 * @param turnovers of all looks so far, see `listTurnover`; undefined: of a look with none before it
 */
export function isOscillating(turnovers: readonly (number | undefined)[]): boolean {
  const recent = turnovers.slice(-OSCILLATING_LOOKS);
  return recent.length === OSCILLATING_LOOKS && recent.every((turnover = 0) => turnover > OSCILLATING_TURNOVER);
}
