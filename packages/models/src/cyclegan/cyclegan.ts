import type { Engine } from '@kindred/compute';
import { KindredError, Random } from '@kindred/domain';
import { listTurnover } from '../gan/list-spread.js';
import { isOscillating, OSCILLATING_LOOKS } from '../gan/oscillation.js';
import { type CycleGanSettings, readCycleGanSettings } from './cyclegan-settings.js';
import { CycleGanTraining, type StepLosses } from './cyclegan-training.js';
import { nearestLists } from './nearest-lists.js';
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

/** A learned way between two domains. Calls may overlap. */
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
  /** Share of the nearest real vectors of some mapped users that are others than a point ago; undefined at the first. */
  readonly turnover?: number | undefined;
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
 *   every start ended in a number that is not finite, mapped everybody to one place or mapped the same people elsewhere at
 *   every look
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
  let before: readonly Uint32Array[] | undefined;
  const every = Math.ceil(settings.steps / CURVE_POINTS);
  try {
    for (let step = 1; step <= settings.steps; step++) {
      const losses = await training.step();
      if (step % every !== 0 && step !== settings.steps) continue;
      const { distance, nearest } = await measure(training, sets, seed, step);
      curve.push({ step, ...losses, distance, turnover: before && listTurnover(nearest, before) });
      before = nearest;
      requireSettling(curve, every);
    }
  } catch (error) {
    if (error instanceof KindredError && error.code === 'TRAINING_DEGENERATE') return error;
    throw error;
  }
  return { training, curve };
}

interface Look {
  readonly distance: number;
  /** Of users of both sets. */
  readonly nearest: readonly Uint32Array[];
}

/** @throws KindredError TRAINING_DEGENERATE when everybody is mapped to one place */
async function measure(
  training: CycleGanTraining,
  sets: readonly [StandardisedSet, StandardisedSet],
  seed: number,
  step: number,
): Promise<Look> {
  const random = new Random(seed, 'cyclegan distance');
  const parts = [sampled(sets[0], MEASURED, random), sampled(sets[1], MEASURED, random)] as const;
  const nearest: Uint32Array[] = [];
  let distance = 0;
  for (const way of [0, 1] as const) {
    const { vectors, width } = parts[way];
    const mapped = { vectors: await training.map(way, vectors), width };
    requireSpread(mapped, step);
    const real = parts[way === 0 ? 1 : 0];
    distance += slicedDistance(mapped, real, random) / 2;
    nearest.push(...nearestLists(mapped, real));
  }
  return { distance, nearest };
}

/** @throws KindredError TRAINING_DEGENERATE when the same people were mapped elsewhere at each of the last looks */
function requireSettling(curve: readonly CycleGanPoint[], every: number): void {
  const last = curve.at(-1);
  if (last === undefined || !isOscillating(curve.map(({ turnover }) => turnover))) return;
  const share = `${(100 * (last.turnover ?? 0)).toFixed(0)} %`;
  const seen = `${share} of what the same people are mapped to is other than ${every} steps before`;
  const often = `for ${OSCILLATING_LOOKS} looks in a row; lower learningRate`;
  throw new KindredError('TRAINING_DEGENERATE', `after step ${last.step} it oscillates: ${seen}, ${often}`);
}

function isFit(fit: StartFit | KindredError): fit is StartFit {
  return !(fit instanceof KindredError);
}

function lastDistance({ curve }: StartFit): number {
  return curve.at(-1)?.distance ?? Number.POSITIVE_INFINITY;
}
