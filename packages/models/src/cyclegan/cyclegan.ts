import type { Engine } from '@kindred/compute';
import { KindredError, Random } from '@kindred/domain';
import { type CycleGanSettings, readCycleGanSettings } from './cyclegan-settings.js';
import { CycleGanTraining, type StepLosses } from './cyclegan-training.js';
import { slicedDistance } from './sliced-distance.js';
import {
  moved,
  movedBack,
  requireSameWidth,
  requireSpread,
  type StandardisedSet,
  sampled,
  standardise,
  type VectorSet,
} from './vector-set.js';

export interface CycleGanRequest {
  readonly engine: Engine;
  /** [U_a, D]: users of the one domain, in any order. */
  readonly source: VectorSet;
  /** [U_b, D]: users of the other one, in any order; nothing says who is who. */
  readonly target: VectorSet;
  /** Of `CYCLEGAN_SETTINGS`. */
  readonly settings?: Readonly<Record<string, unknown>> | undefined;
  readonly seed: number;
}

/** A learned way between two domains. */
export interface CycleGan {
  readonly settings: CycleGanSettings;
  /** @param vectors [N, D] of the source's domain. @returns [N, D] of the target's */
  toTarget(vectors: Float32Array): Promise<Float32Array>;
  toSource(vectors: Float32Array): Promise<Float32Array>;
  /** Of the start that was kept. */
  readonly curve: readonly CycleGanPoint[];
  /** How far each start ended from both domains, see `CycleGanPoint`; undefined: it was degenerate. */
  readonly distances: readonly (number | undefined)[];
}

/** How a training stood after so many steps. */
export interface CycleGanPoint extends StepLosses {
  readonly step: number;
  /** Sliced distances of the mapped sets to those that they are mapped to, the mean of both ways; 1 is the spread of a coordinate. */
  readonly distance: number;
}

/** Points of a curve. */
const CURVE_POINTS = 20;
/** Vectors of each set that the distance is taken of. */
const MEASURED = 2048;

/**
 * CycleGAN (Zhu et al., ICCV 2017) on vectors: a way between two sets of which nobody says what belongs to what, learned
 * from their shapes alone. Both sets are standardised. What an adversary can tell is whether the shapes agree, and from a
 * bad start they may agree wrongly: several starts are trained, and the one is kept whose mapped sets lie nearest to the
 * real ones (as for words in Conneau et al., ICLR 2018). The same request gives the same bytes on the same engine.
 * @throws KindredError MATRIX_INVALID, DATA_EMPTY, CONFIG_INVALID, SETTING_UNKNOWN before any work; TRAINING_DEGENERATE when
 *   every start ended in a number that is not finite or mapped everybody to one place
 */
export async function fitCycleGan(request: CycleGanRequest): Promise<CycleGan> {
  const { engine, seed } = request;
  const settings = readCycleGanSettings(request.settings ?? {});
  requireSameWidth(request.source, request.target);
  const source = standardise(request.source, 'source');
  const target = standardise(request.target, 'target');
  const fits: (StartFit | KindredError)[] = [];
  for (let place = 0; place < settings.starts; place++) {
    fits.push(await fitStart(engine, [source, target], settings, seed, place));
  }
  const [best] = fits.filter(isFit).sort((a, b) => lastDistance(a) - lastDistance(b));
  if (best === undefined) throw fits[0];
  return {
    settings,
    curve: best.curve,
    distances: fits.map((fit) => (isFit(fit) ? lastDistance(fit) : undefined)),
    toTarget: async (vectors) => movedBack(await best.training.map(0, moved(vectors, source)), target),
    toSource: async (vectors) => movedBack(await best.training.map(1, moved(vectors, target)), source),
  };
}

interface StartFit {
  readonly training: CycleGanTraining;
  readonly curve: readonly CycleGanPoint[];
}

/** @returns the fault of a start that is degenerate: another one may not be */
async function fitStart(
  engine: Engine,
  sets: readonly [StandardisedSet, StandardisedSet],
  settings: CycleGanSettings,
  seed: number,
  place: number,
): Promise<StartFit | KindredError> {
  const training = new CycleGanTraining(engine, sets, settings, seed, place);
  const curve: CycleGanPoint[] = [];
  const every = Math.ceil(settings.steps / CURVE_POINTS);
  try {
    for (let step = 1; step <= settings.steps; step++) {
      const losses = await training.step();
      if (step % every !== 0 && step !== settings.steps) continue;
      curve.push({ step, ...losses, distance: await measure(training, sets, seed, step) });
    }
  } catch (error) {
    if (error instanceof KindredError && error.code === 'TRAINING_DEGENERATE') return error;
    throw error;
  }
  return { training, curve };
}

/** @returns the distance. @throws KindredError TRAINING_DEGENERATE when everybody is mapped to one place */
async function measure(
  training: CycleGanTraining,
  sets: readonly [StandardisedSet, StandardisedSet],
  seed: number,
  step: number,
): Promise<number> {
  const random = new Random(seed, 'cyclegan distance');
  const parts = [sampled(sets[0], MEASURED, random), sampled(sets[1], MEASURED, random)] as const;
  let distance = 0;
  for (const way of [0, 1] as const) {
    const { vectors, width } = parts[way];
    const mapped = { vectors: await training.map(way, vectors), width };
    requireSpread(mapped, step);
    distance += slicedDistance(mapped, parts[way === 0 ? 1 : 0], random) / 2;
  }
  return distance;
}

function isFit(fit: StartFit | KindredError): fit is StartFit {
  return !(fit instanceof KindredError);
}

function lastDistance({ curve }: StartFit): number {
  return curve.at(-1)?.distance ?? Number.POSITIVE_INFINITY;
}
