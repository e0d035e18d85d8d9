import type { Engine } from '@kindred/compute';
import type { Random, TrainingData } from '@kindred/domain';
import type { ModelArtefact, StoredTensors } from './artefact/index.js';
import type { SettingDeclaration, Settings, SettingValue } from './settings.js';

/** A way to learn vectors from interactions. It owns state and settings; one loop (`@kindred/training`) runs them all. */
export interface LearnedMethod {
  readonly name: string;
  /** One sentence. */
  readonly description: string;
  readonly settings: readonly SettingDeclaration[];
  /** What short trainings on validation decide before the full one; absent: nothing, and validation chooses the epochs. */
  readonly probing?: Probing | undefined;
  /** Item-to-item models that may join it, by name: the first that the catalogue is not too large for is compared. */
  readonly unionWith?: readonly string[] | undefined;
  /** Whether it learns from what is written of items, so that a caller need not read texts for nothing. */
  readonly readsTexts?: boolean | undefined;
  /** Whether it reads a history as a sequence in order of time, where an item can not count in part. */
  readonly readsOrder?: boolean | undefined;
  /**
   * Everything before the first step: rules applied, tables allocated and started.
   * @throws KindredError DATA_EMPTY when no user has a positive
   */
  prepare(context: MethodContext): Promise<MethodRun>;
}

/** How a method's open settings (`auto`) are chosen on validation, by trainings that are short. */
export interface Probing {
  /** What makes a training short, over the settings given. */
  shorten(given: Settings): Readonly<Record<string, SettingValue>>;
  /** Settings to be chosen one after the other, each by climbing its ladder from the value that the rule takes. */
  stages(data: TrainingData): readonly ProbeStage[];
  /**
   * Epochs of the training on everybody that an item-to-item model is compared with, where probes see a part of the users.
   * @param given settings that a person has set
   */
  joinEpochs(given: Settings): number;
  /** What the prior may be after each training, and the shrinkage with the best of them. */
  readonly serving: {
    readonly priorWindowDays: readonly number[];
    readonly priorStrength: readonly number[];
    readonly shrinkage: readonly number[];
  };
}

export interface ProbeStage {
  readonly setting: string;
  /** In an order in which neighbours are alike. */
  readonly ladder: readonly SettingValue[];
  readonly start: SettingValue;
}

export interface MethodContext {
  readonly data: TrainingData;
  /** [I]: what is written of each item, in the order of the vocabulary; undefined where nothing is. For methods that read. */
  readonly itemTexts?: readonly (string | undefined)[] | undefined;
  /** As `resolveSettings` returns them. */
  readonly settings: Settings;
  readonly engine: Engine;
  readonly seed: number;
}

/** Vectors being learned: a table of rows of equal length. */
export interface Table {
  readonly name: string;
  /** [R, width], live: changes with every step. */
  readonly values: Float32Array;
  readonly width: number;
}

export interface Vocabulary {
  readonly items: readonly string[];
  readonly users: readonly string[];
}

/** Everything that a run needs to go on as if it had never stopped. */
export interface SavedRun {
  readonly tensors: StoredTensors;
  /** Whatever is not an array: counters, random words. JSON. */
  readonly counters: Readonly<Record<string, number | readonly number[]>>;
}

/** A training under way. */
export interface MethodRun {
  /** The settings with every rule applied. */
  readonly settings: Readonly<Record<string, number | string>>;
  readonly stepsPerEpoch: number;
  /** How many epochs the schedule of the learning rate is laid out for. */
  readonly plannedEpochs: number;
  readonly tables: readonly Table[];
  /** One step of the optimiser. @returns the loss of the batch */
  step(): Promise<number>;
  /** What the tables hold now, as a model. Arrays are copies. */
  artefact(vocabulary: Vocabulary): ModelArtefact;
  /**
   * A look at what a generator makes, after an epoch; absent: the method is trained against no other. Training does not
   * depend on whether anybody looks.
   * @param artefact what the tables hold now
   */
  generation?(artefact: ModelArtefact): Promise<GenerationHealth>;
  /** What a generator is trained against, as it is now; absent or undefined: there is nothing of the kind. */
  critic?(): HistoryCritic | undefined;
  /** The complete state, live arrays: write them before the next step. */
  save(): SavedRun;
  /** @throws KindredError CHECKPOINT_CORRUPT when the state is of another shape */
  restore(saved: SavedRun): void;
}

/** The other side of an adversarial training: it has learned to tell what people have from what a generator makes. */
export interface HistoryCritic {
  /** Whether it judges a history together with a few of its items, drawn anew for each score. */
  readonly conditional: boolean;
  /**
   * How real each history looks, in no unit: the more, the more real. The engine it was trained on has to be active.
   * @param histories over the same items; nobody in them need have been trained on
   * @returns [U], NaN for an empty history
   */
  score(histories: TrainingData, random: Random): Promise<Float64Array>;
}

/** What a generator makes of a few items of some users, beside what those users really have. */
export interface GenerationHealth {
  /** Losses of both sides on these users; undefined where there is no discriminator. */
  readonly discriminatorLoss?: number | undefined;
  readonly generatorLoss?: number | undefined;
  /** Lists of the likeliest items, each as long as the real one of the same user. */
  readonly made: ListSpread;
  /** Items that are hidden from the generator. */
  readonly real: ListSpread;
  /** Share of the lists that is other than an epoch ago; undefined after the first. */
  readonly turnover?: number | undefined;
}

/** How far lists, one of each user, spread. */
export interface ListSpread {
  /** Distinct items in all of them. */
  readonly items: number;
  /** Of how often each of these items stands in them: 0 all alike, towards 1 few items have most places. */
  readonly gini: number;
  /** Mean Jaccard index of the lists of two users: 1, all lists are the same. */
  readonly overlap: number;
}
