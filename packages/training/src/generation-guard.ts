import { KindredError } from '@kindred/domain';
import { type GenerationHealth, isOscillating, OSCILLATING_LOOKS } from '@kindred/models';
import type { CurvePoint } from './progress.js';

/** Lists of different users that have more in common than this are all the same list, unless the real ones are as well. */
const COLLAPSED_OVERLAP = 0.9;
/** Times that of the real lists. */
const BEYOND_REAL = 3;
const REMEDY = 'a lower adversarialWeight or criticRate gives likelihood more say';
/** Epochs in a row before a training is stopped for what one epoch may show by chance. */
const COLLAPSED_EPOCHS = 3;

/**
 * Refuses a generator that makes nothing of use: losses that are no numbers, the same items for everybody, or other items for
 * the same person in every epoch.
 * @param curve up to the epoch that just ended
 * @throws KindredError TRAINING_DEGENERATE with what was seen
 */
export function inspectGeneration(curve: readonly CurvePoint[]): void {
  const last = curve.at(-1);
  if (last?.generation === undefined) return;
  const { discriminatorLoss, generatorLoss } = last.generation;
  for (const [side, loss] of Object.entries({ discriminator: discriminatorLoss, generator: generatorLoss })) {
    if (loss !== undefined && !Number.isFinite(loss)) {
      throw degenerate(last.epoch, `the loss of the ${side} is ${loss}`);
    }
  }
  if (isCollapsed(curve)) throw degenerate(last.epoch, collapse(last.generation));
  if (isOscillating(curve.map(({ generation }) => generation?.turnover))) {
    const share = `${(100 * (last.generation.turnover ?? 0)).toFixed(0)} %`;
    const seen = `${share} of what is made for the same people is other than an epoch before`;
    throw degenerate(last.epoch, `it oscillates: ${seen}, for ${OSCILLATING_LOOKS} epochs in a row; ${REMEDY}`);
  }
}

/** Whether all of the last epochs show it. */
function isCollapsed(curve: readonly CurvePoint[]): boolean {
  const recent = curve.slice(-COLLAPSED_EPOCHS);
  return recent.length === COLLAPSED_EPOCHS && recent.every(({ generation }) => generation && isAlike(generation));
}

function isAlike({ made, real }: GenerationHealth): boolean {
  return made.overlap > COLLAPSED_OVERLAP && made.overlap > BEYOND_REAL * real.overlap;
}

function collapse({ made, real }: GenerationHealth): string {
  const [shared, really] = [made.overlap, real.overlap].map((share) => (100 * share).toFixed(0));
  const lists = `different people share ${shared} % of what is made for them, and ${really} % of what they really have`;
  return `it collapsed: ${lists}; ${made.items} distinct items, really ${real.items}; ${REMEDY}`;
}

function degenerate(epoch: number, seen: string): KindredError {
  return new KindredError('TRAINING_DEGENERATE', `the generator after epoch ${epoch}: ${seen}`);
}
