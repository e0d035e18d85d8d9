import type { Engine } from '@kindred/compute';
import type { Random } from '@kindred/domain';
import {
  lossOperation,
  type Scalar,
  type Tensor2D,
  type TensorFlow,
  zeroReconstructionLoss,
} from '@kindred/objectives';
import type { GeneratorTerm } from '../autoencoder/autoencoder-loss.js';
import type { BatchRandom, ProfileBatch, ProfileGenerator } from '../autoencoder/profile-generator.js';
import type { HistoryCritic } from '../learned-method.js';
import { GradientTable } from '../row-updates.js';
import type { RunState, TrainedTable } from '../run-state.js';
import { addRows, takeRows } from '../sparse-rows.js';
import type { AdversarialGame, Round, Seen } from './game.js';
import { createHistoryCritic } from './history-critic.js';
import {
  countsOf,
  distribution,
  makeProfiles,
  masked,
  type SeenOfMade,
  seenOfMade,
  squaresOf,
} from './made-profiles.js';
import { drawMasks, type MaskRules, type ProfileMasks } from './profile-masks.js';
import { addSegmentRows, type SegmentRule, segmentsOf } from './profile-segments.js';

export interface CriticRules {
  readonly game: AdversarialGame;
  /** Absent: the discriminator sees whole profiles, and nothing is drawn to zero. */
  readonly masks?: MaskRules | undefined;
  /** What it is told beside the condition, in a conditional game. Absent: nothing. */
  readonly segments?: SegmentRule | undefined;
  /** `items`: the critic learns its vectors of the items; `embedding`: they stay where they start. */
  readonly space: string;
  readonly units: number;
  /** What the adversarial loss counts against the likelihood of one hidden item. */
  readonly weight: number;
}

/** What the critic sees of a batch beside what is made of it; arrays of the host. */
interface Look {
  readonly batch: ProfileBatch;
  readonly masks: ProfileMasks | undefined;
  readonly real: Float32Array; // [B, w]
  readonly condition: Float32Array; // [B, w]
  readonly segments: Uint32Array | undefined; // [B]
  readonly items: Float32Array; // Q of the candidates, [K, w]
  readonly masses: Float32Array; // [B]
}

/** The same as tensors. */
interface LookTensors {
  readonly real: Tensor2D;
  readonly condition: Tensor2D;
  readonly items: Tensor2D;
}

/** Losses of both sides, as they are on some users. */
export interface AdversarialLosses {
  readonly discriminator: number;
  readonly generator: number;
}

/**
 * The discriminator of a generator of profiles. A real profile x of length one enters as x Q, the sum of the vectors of its
 * items; what is made, the distribution p over the candidates, as m p Q with m = sum x, so that both have the same sum. No
 * array of users by items is needed for real profiles, nor to hold the slopes by them.
 */
export class ProfileCritic {
  readonly #engine: Engine;
  readonly #generator: ProfileGenerator;
  readonly #rules: CriticRules;
  readonly #width: number; // w
  readonly #items: Float32Array; // Q, [I, w]
  readonly #learned: { readonly table: TrainedTable; readonly gradient: GradientTable } | undefined;
  readonly #layers: readonly TrainedTable[];
  readonly #segmentRows: TrainedTable | undefined; // F, [S, w]: what each segment adds to the condition
  readonly #arrays: Readonly<Record<HeldArray, Float32Array>>; // [B, w] each, with room for the largest batch
  readonly #mixRandom: Random;
  readonly #maskRandom: Random;

  /**
   * @param start [I, w], of Q
   * @param largestBatch users of a step at most
   */
  constructor(
    state: RunState,
    engine: Engine,
    generator: ProfileGenerator,
    rules: CriticRules,
    start: Float32Array,
    width: number,
    largestBatch: number,
  ) {
    this.#engine = engine;
    this.#generator = generator;
    this.#rules = rules;
    this.#width = width;
    const { arena } = state;
    const rowCount = start.length / width;
    if (rules.space === 'items') {
      const table = state.table('critic items', start, width);
      this.#learned = { table, gradient: new GradientTable(table, rowCount, arena) };
      this.#items = table.values;
    } else {
      this.#learned = undefined;
      this.#items = state.array('critic items', [rowCount, width], arena.place(start));
    }
    const floats = () => arena.floats(largestBatch * width);
    this.#arrays = { real: floats(), condition: floats(), realGradient: floats(), conditionGradient: floats() };
    const random = state.random('critic start');
    this.#layers = rules.game
      .layerShapes(width, rules.units)
      .map(([inputs, outputs], place) =>
        state.table(`critic layer${place}`, startLayer(inputs, outputs, random), outputs),
      );
    const { segments } = rules;
    const count = segments === undefined ? 0 : segments.centres.length / segments.width;
    this.#segmentRows = segments && state.table('critic segments', new Float32Array(count * width), width);
    this.#mixRandom = state.random('critic mix');
    this.#maskRandom = state.random('masks');
  }

  /** One step of the discriminator's optimiser. @returns its loss */
  async learn(batch: ProfileBatch, rate: number): Promise<number> {
    const { game } = this.#rules;
    const look = this.#look(batch);
    const mix = this.#drawMix(batch, this.#mixRandom);
    const learned = this.#learned;
    const weightGradients = this.#layers.map(({ values }) => new Float32Array(values.length));
    const seenGradients = {
      real: this.#held('realGradient', look.real.length),
      condition: this.#held('conditionGradient', look.condition.length),
      items: new Float32Array(look.items.length),
    };
    const loss = await this.#engine.scope(async () => {
      const { tf } = this.#engine;
      const made = makeProfiles(tf, look, this.#generator.forward(tf, batch));
      const fixed = this.#tensors(tf, look);
      const layers = this.#weights(tf);
      const isConditionLearned = game.conditional && (learned !== undefined || look.segments !== undefined);
      const names: Name[] = [
        ...(learned === undefined ? [] : (['real', 'items'] as const)),
        ...(isConditionLearned ? (['condition'] as const) : []),
      ];
      const differentiate = tf.valueAndGrads((...args) => {
        const weights = args.slice(0, layers.length) as Tensor2D[];
        const moved = Object.fromEntries(names.map((name, k) => [name, args[layers.length + k]]));
        const seen = { ...fixed, ...moved };
        const round = this.#round(tf, look, seen, seenOfMade(tf, look, made, seen.items), weights);
        return game.discriminatorLoss(tf, round, tf.tensor2d(mix, [mix.length, 1]));
      });
      const { value, grads } = differentiate([...layers, ...names.map((name) => fixed[name])]);
      const places = [...weightGradients, ...names.map((name) => seenGradients[name])];
      for (const [k, gradient] of grads.entries()) await this.#engine.read(gradient, places[k]);
      return (await this.#engine.read(value))[0] as number;
    });
    this.#move(look, weightGradients, seenGradients, rate);
    return loss;
  }

  /** A step of the optimisers. */
  #move({ batch, segments }: Look, weights: readonly Float32Array[], seen: SeenArrays, rate: number): void {
    this.#layers.forEach(({ adam }, k) => {
      adam.stepAll(weights[k] as Float32Array, rate);
    });
    if (segments !== undefined && this.#segmentRows !== undefined) {
      const gradient = new Float32Array(this.#segmentRows.values.length);
      addRows(seen.condition, segments, this.#width, gradient);
      this.#segmentRows.adam.stepAll(gradient, rate);
    }
    if (this.#learned === undefined) return;
    const { profiles } = this.#generator;
    const { users, candidates, named } = batch;
    const { gradient } = this.#learned.gradient;
    profiles.scatterWhole(users, seen.real, this.#width, gradient);
    if (this.#rules.game.conditional) profiles.scatterCorrupted(users, seen.condition, this.#width, gradient);
    addRows(seen.items, candidates.items, this.#width, gradient);
    this.#learned.gradient.step(named, rate);
  }

  /** What the generator of a batch is drawn to beside the likelihood; undefined: nothing. */
  term(batch: ProfileBatch): GeneratorTerm | undefined {
    const { game, masks: maskRules, weight } = this.#rules;
    const zeroWeight = maskRules?.zeroWeight ?? 0;
    if (weight === 0 && zeroWeight === 0) return undefined;
    const look = this.#look(batch);
    const found = batch.positiveWeights.reduce((sum, count) => sum + count, 0) / batch.users.length;
    return {
      sight: weight > 0 ? { items: look.items, width: this.#width, mask: look.masks?.seen } : undefined,
      value: (tf, { hidden, items, rows }) => {
        const terms: Scalar[] = [];
        const masses = tf.tensor2d(look.masses, [look.masses.length, 1]);
        const profiles = () => distribution(tf, look, { hidden, items });
        if (rows !== undefined) {
          const made = {
            rows: tf.mul(rows, masses) as Tensor2D,
            squares: () => squaresOf(tf, look, masked(tf, look, profiles())),
          };
          const round = this.#round(tf, look, this.#tensors(tf, look), made, this.#weights(tf));
          terms.push(tf.mul(game.generatorLoss(tf, round), weight * found));
        }
        if (zeroWeight > 0 && look.masks !== undefined) {
          // By expected counts, n p with n = m^2 of a profile of equal strengths.
          const counts = tf.mul(profiles(), masses) as Tensor2D;
          const zeros = tf.tensor2d(look.masks.zeros, counts.shape);
          const loss = lossOperation(tf, { profiles: counts }, (given) =>
            zeroReconstructionLoss(tf, given.profiles, zeros),
          );
          terms.push(tf.mul(loss, zeroWeight));
        }
        return tf.addN(terms);
      },
    };
  }

  /** The losses of both sides on some users, for somebody who only looks. */
  measure(users: Uint32Array, random: Required<BatchRandom>): Promise<AdversarialLosses> {
    const { game } = this.#rules;
    const batch = this.#generator.draw(users, random);
    const look = this.#look(batch, random.body);
    const mix = this.#drawMix(batch, random.body);
    return this.#engine.scope(async () => {
      const { tf } = this.#engine;
      const made = makeProfiles(tf, look, this.#generator.forward(tf, batch, random.body));
      const seen = this.#tensors(tf, look);
      const round = this.#round(tf, look, seen, seenOfMade(tf, look, made, seen.items), this.#weights(tf));
      const losses = [
        game.discriminatorLoss(tf, round, tf.tensor2d(mix, [mix.length, 1])),
        game.generatorLoss(tf, round),
      ];
      const [discriminator, generator] = await Promise.all(losses.map((loss) => this.#engine.read(loss)));
      return { discriminator: discriminator?.[0] as number, generator: generator?.[0] as number };
    });
  }

  /** As it is now, its arrays copies; to be settled before. @param conditionItems most items of a condition */
  historyCritic(conditionItems: number): HistoryCritic {
    const { game, space, segments } = this.#rules;
    return createHistoryCritic({
      engine: this.#engine,
      game,
      items: this.#items.slice(),
      width: this.#width,
      inItems: space === 'items',
      layers: this.#layers.map(({ values, width }) => ({ values: values.slice(), outputs: width })),
      conditionItems,
      segments:
        segments && this.#segmentRows
          ? { rule: { ...segments, context: segments.context.slice() }, rows: this.#segmentRows.values.slice() }
          : undefined,
    });
  }

  #look(batch: ProfileBatch, random: Random = this.#maskRandom): Look {
    const { profiles } = this.#generator;
    const { game, masks, segments: rule } = this.#rules;
    const { users, candidates } = batch;
    this.#learned?.table.adam.catchUp(batch.named);
    const real = this.#held('real', users.length * this.#width);
    const condition = this.#held('condition', game.conditional ? real.length : 0);
    profiles.sumWhole(users, this.#items, this.#width, real);
    if (game.conditional) profiles.sumCorrupted(users, this.#items, this.#width, condition);
    const segments = rule && segmentsOf(rule, profiles, users);
    if (segments !== undefined && this.#segmentRows !== undefined)
      addSegmentRows(this.#segmentRows.values, segments, this.#width, condition);
    return {
      batch,
      masks: masks && drawMasks(masks, profiles, batch, random),
      real,
      condition,
      segments,
      items: takeRows(this.#items, this.#width, candidates.items),
      masses: profiles.masses(users),
    };
  }

  /** Room that stands until it is asked for again; who only looks may ask for more than a step has. */
  #held(name: HeldArray, length: number): Float32Array {
    const array = this.#arrays[name];
    return length <= array.length ? array.subarray(0, length) : new Float32Array(length);
  }

  /** Of the layers, [inputs + 1, outputs]. */
  #weights(tf: TensorFlow): Tensor2D[] {
    return this.#layers.map(({ values, width }) => tf.tensor2d(values, [values.length / width, width]));
  }

  #drawMix({ users }: ProfileBatch, random: Random): Float32Array {
    return Float32Array.from(users, () => random.next());
  }

  #tensors(tf: TensorFlow, { real, condition, items }: Look): LookTensors {
    const matrix = (values: Float32Array) => tf.tensor2d(values, [values.length / this.#width, this.#width]);
    return { real: matrix(real), condition: matrix(condition), items: matrix(items) };
  }

  #round(tf: TensorFlow, look: Look, seen: LookTensors, made: SeenOfMade, weights: readonly Tensor2D[]): Round {
    const { game, space } = this.#rules;
    const { real, items } = seen;
    const condition = game.conditional ? seen.condition : undefined;
    const ofReal: Seen = { rows: real, condition, squares: () => tf.ones([real.shape[0], 1]) };
    const gram = () => {
      const counts = countsOf(look.batch);
      const weighted = tf.mul(items, tf.tensor2d(counts, [counts.length, 1])) as Tensor2D;
      return tf.matMul(tf.transpose(items), weighted) as Tensor2D;
    };
    return { real: ofReal, made: { ...made, condition }, gram: space === 'items' ? gram : undefined, weights };
  }
}

type HeldArray = 'real' | 'condition' | 'realGradient' | 'conditionGradient';
type Name = keyof LookTensors;
type SeenArrays = Readonly<Record<Name, Float32Array>>;

/** Normal weights that keep the spread of their inputs, no bias. [inputs + 1, outputs] */
function startLayer(inputs: number, outputs: number, random: Random): Float32Array {
  const start = new Float32Array((inputs + 1) * outputs);
  const scale = 1 / Math.sqrt(inputs);
  for (let k = 0; k < inputs * outputs; k++) start[k] = scale * random.normal();
  return start;
}
