import { plainArena } from '@kindred/compute';
import { cosineRate } from '../adam.js';
import type { ModelArtefact } from '../artefact/index.js';
import { truncateTo } from '../autoencoder/corruption.js';
import { type BodyParts, ProfileGenerator, startOfItems } from '../autoencoder/profile-generator.js';
import { Profiles } from '../autoencoder/profiles.js';
import { servedGenerator } from '../autoencoder/served-generator.js';
import type { EpochBatches } from '../epoch-batches.js';
import type {
  GenerationHealth,
  HistoryCritic,
  MethodContext,
  MethodRun,
  SavedRun,
  Table,
  Vocabulary,
} from '../learned-method.js';
import { RunState } from '../run-state.js';
import { usersWithPositives } from '../users-with-positives.js';
import type { AdversarialGame } from './game.js';
import type { GanSettings } from './gan-settings.js';
import { GenerationMonitor } from './generation-monitor.js';
import { createGeneratorBody } from './generator-body.js';
import { ProfileCritic } from './profile-critic.js';
import type { MaskRules } from './profile-masks.js';
import { findSegments, type SegmentRule, segmentRule } from './profile-segments.js';

/** What the adversarial methods differ in. */
export interface AdversarialTask {
  readonly method: string;
  readonly game: AdversarialGame;
  readonly masks?: MaskRules | undefined;
  /** How many segments of users both sides are told; default 0: none. */
  readonly segments?: number | undefined;
}

/**
 * A training of a generator against a discriminator. The generator sees few items of each profile and learns to find the
 * hidden ones, by likelihood and by what the discriminator says of the whole profile that it makes of them. Every step is some
 * steps of the discriminator, each on a batch of its own, and one of the generator. With an adversarial weight of 0 there is no
 * discriminator, and the same generator learns by likelihood alone.
 */
export class AdversarialRun implements MethodRun {
  readonly settings: GanSettings;
  readonly plannedEpochs: number;
  readonly stepsPerEpoch: number;
  readonly tables: readonly Table[];
  readonly #context: MethodContext;
  readonly #method: string;
  readonly #state: RunState;
  readonly #batches: EpochBatches;
  readonly #criticBatches: EpochBatches;
  readonly #generator: ProfileGenerator;
  readonly #critic: ProfileCritic;
  readonly #monitor: GenerationMonitor;

  static async start(context: MethodContext, settings: GanSettings, task: AdversarialTask) {
    const start = await startOfItems(context, settings, task.method);
    const centres = await centresOf(context, settings, task, start);
    return new AdversarialRun(context, settings, task, start, centres);
  }

  /**
   * @param start [I, h], of C, of W and of what the discriminator sees items as
   * @param centres of `findSegments`, where both sides are told segments
   */
  private constructor(
    context: MethodContext,
    settings: GanSettings,
    task: AdversarialTask,
    start: Float32Array,
    centres: Float32Array | undefined,
  ) {
    const { data, seed, engine } = context;
    const { method, game, masks } = task;
    const { dimensions, conditionItems, batchSize, space, criticUnits, adversarialWeight } = settings;
    this.settings = settings;
    this.plannedEpochs = settings.epochs;
    this.#context = context;
    this.#method = method;
    this.#state = new RunState(seed, method);
    const members = usersWithPositives(data);
    this.#batches = this.#state.batches('order', members, batchSize);
    this.#criticBatches = this.#state.batches('critic order', members, batchSize);
    this.stepsPerEpoch = this.#batches.batchesPerEpoch;
    let segments: SegmentRule | undefined;
    const createBody = (parts: BodyParts) => {
      segments = centres && segmentRule(parts, centres);
      return createGeneratorBody(parts, settings, segments);
    };
    const hide = truncateTo(conditionItems);
    this.#generator = new ProfileGenerator(this.#state, context, settings, { hide, createBody }, start);
    const largestBatch = Math.min(members.length, batchSize);
    const rules = { game, masks, segments, space, units: criticUnits, weight: adversarialWeight };
    this.#critic = new ProfileCritic(this.#state, engine, this.#generator, rules, start, dimensions, largestBatch);
    this.#monitor = new GenerationMonitor(this.#state, this.#generator.profiles, members, conditionItems);
    this.tables = [this.#generator.input, this.#generator.items];
  }

  async step(): Promise<number> {
    const { learningRate, criticRate, finalRateShare, adversarialWeight, criticSteps } = this.settings;
    const planned = this.plannedEpochs * this.stepsPerEpoch;
    const done = this.#generator.steps;
    const rateOf = (first: number) => cosineRate(first, finalRateShare * first, done, planned);
    if (adversarialWeight > 0) {
      for (let k = 0; k < criticSteps; k++) {
        await this.#critic.learn(this.#generator.draw(this.#criticBatches.next()), rateOf(criticRate));
      }
    }
    const batch = this.#generator.draw(this.#batches.next());
    const term = this.#critic.term(batch);
    const loss = await this.#generator.learn(batch, rateOf(learningRate), done / planned, term);
    if ((done + 1) % this.stepsPerEpoch === 0) this.#generator.body.closeEpoch?.();
    return loss;
  }

  artefact(vocabulary: Vocabulary): ModelArtefact {
    this.#state.settle();
    return servedGenerator(this.#generator, this.#method, this.settings, this.#context.data, vocabulary);
  }

  async generation(artefact: ModelArtefact): Promise<GenerationHealth> {
    const { adversarialWeight } = this.settings;
    const losses =
      adversarialWeight > 0 ? await this.#critic.measure(this.#monitor.users, this.#monitor.random()) : undefined;
    return {
      ...this.#monitor.look(artefact),
      discriminatorLoss: losses?.discriminator,
      generatorLoss: losses?.generator,
    };
  }

  critic(): HistoryCritic | undefined {
    const { adversarialWeight, conditionItems } = this.settings;
    this.#state.settle();
    return adversarialWeight > 0 ? this.#critic.historyCritic(conditionItems) : undefined;
  }

  save(): SavedRun {
    return this.#state.save();
  }

  restore(saved: SavedRun): void {
    this.#state.restore(saved);
  }
}

/** Of the segments that both sides are told; undefined: none. */
async function centresOf(
  { data, seed }: MethodContext,
  { dimensions }: GanSettings,
  { segments = 0 }: AdversarialTask,
  start: Float32Array,
): Promise<Float32Array | undefined> {
  if (segments === 0) return undefined;
  const profiles = new Profiles(data, plainArena);
  return findSegments(profiles, start, dimensions, usersWithPositives(data), segments, seed);
}
