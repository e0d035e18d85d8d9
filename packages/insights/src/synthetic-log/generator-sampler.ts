import { columnDegrees, Random } from '@kindred/domain';
import { itemDistribution, type ModelArtefact } from '@kindred/models/artefact';
import type { Watch } from '../in-turns.js';
import { incidence } from './log-pairs.js';
import type { LogProfile } from './log-profile.js';
import { type HistorySampler, sampleLog } from './sample-log.js';
import { drawSeveral, WeightedChoice } from './weighted-choice.js';

/** Users that are made to see how far the generator is from the log's popularity. */
const PILOT_USERS = 400;
const PILOT_ROUNDS = 2;
/** So far a round moves the chance of an item at most. */
const MOST_CORRECTION = 4;

/**
 * Histories from a generator: a first item by its popularity, then further ones drawn from what the generator expects of
 * those before, as many again in every step, each with a latent or noise of its own where the generator has some. A
 * generator that follows the best-sellers too much, or too little, is put right by factors for the items, found on
 * pilot users.
 * @throws KindredError INTERRUPTED at the signal
 */
export async function generatorSampler(
  artefact: ModelArtefact,
  profile: LogProfile,
  seed: number,
  watch: Watch = {},
): Promise<HistorySampler> {
  const factors = new Float64Array(artefact.items.length).fill(1);
  const sampler = samplerWith(artefact, profile.popularity, factors);
  for (let round = 0; round < PILOT_ROUNDS; round++) {
    const pilotSeed = new Random(seed, `pilot ${round}`).uint32();
    const options = { items: artefact.items, users: PILOT_USERS, seed: pilotSeed, ...ofPilot(watch) };
    correct(factors, profile, columnDegrees(incidence(await sampleLog(profile, sampler, options))));
  }
  return sampler;
}

/** Each item's chance in proportion to its users, whatever else somebody has: keeps popularity, and nothing else. */
export function independentSampler({ popularity }: LogProfile): HistorySampler {
  return (count, random, fashion) => drawSeveral(times(popularity, fashion), count, random);
}

function samplerWith(artefact: ModelArtefact, popularity: Uint32Array, factors: Float64Array): HistorySampler {
  const firsts = new Map<Float64Array | undefined, WeightedChoice>();
  return (count, random, fashion) => {
    const first = firsts.get(fashion) ?? new WeightedChoice(times(popularity, fashion));
    firsts.set(fashion, first);
    const history = [first.draw(random)];
    while (history.length < count) {
      const expected = itemDistribution(
        artefact,
        Uint32Array.from(history),
        new Float32Array(history.length).fill(1),
        random.uint32(),
      );
      const chances = expected.map((chance, item) => chance * (factors[item] as number));
      const drawn = drawSeveral(times(chances, fashion), Math.min(history.length, count - history.length), random);
      if (drawn.length === 0) break;
      history.push(...drawn);
    }
    return history;
  };
}

function times(weights: ArrayLike<number>, factors: Float64Array | undefined): ArrayLike<number> {
  return factors === undefined ? weights : factors.map((factor, item) => factor * (weights[item] as number));
}

function ofPilot({ signal, onProgress }: Watch): Watch {
  return { signal, onProgress: onProgress && ((_, done, total) => onProgress('pilot users drawn', done, total)) };
}

/** Multiplies each factor by how much too seldom pilot users have the item. @param counts [I]: pilot users of each item */
function correct(factors: Float64Array, profile: LogProfile, counts: Uint32Array): void {
  const drawn = counts.reduce((sum, count) => sum + count, 0);
  const real = profile.popularity.reduce((sum, count) => sum + count, 0);
  factors.forEach((factor, item) => {
    const wanted = ((profile.popularity[item] as number) * drawn) / real;
    // One is added to both: what was hardly drawn says little of the generator.
    const ratio = (wanted + 1) / ((counts[item] as number) + 1);
    factors[item] = factor * Math.min(MOST_CORRECTION, Math.max(1 / MOST_CORRECTION, ratio));
  });
}
