import type { RunStage } from '@kindred/domain';
import type { ModelArtefact } from '@kindred/models/artefact';
import type { Database, Run } from '@kindred/storage';
import type { ChosenAugmentation, SearchResult } from '@kindred/training';
import type { FoundSegments } from './find-segments.js';
import type { Choices, ChoicesInBrief } from './fit-method.js';
import type { Progress } from './progress.js';
import type { RunSettings } from './run-settings.js';
import type { TrainingParts } from './training-parts.js';

/** What a stage works with. */
export interface StageContext {
  readonly database: Database;
  readonly dataDir: string;
  /** The run, with what its earlier stages handed on. */
  readonly run: Run;
  readonly settings: RunSettings;
  readonly threads?: number | undefined;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

/** What a stage hands on to the next; stored with the run and printed by the command line. */
export interface StageResults {
  readonly pair: PairResult;
  readonly train: TrainResult;
  readonly evaluate: EvaluateResult;
  readonly index: IndexResult;
  readonly promote: PromoteResult;
}

export interface PairResult {
  readonly snapshotId: string;
  readonly split: string;
  readonly users: number;
  readonly items: number;
  readonly positives: number;
  readonly negatives: number;
  /** Known users with something held out for the test. */
  readonly testUsers: number;
}

export interface TrainResult {
  readonly modelId: string;
  readonly snapshotId: string;
  readonly method: string;
  readonly engine: string;
  readonly epochs: number;
  readonly validationNdcg: number | undefined;
  readonly seconds: number;
  /** What was searched, and what came of it, where a search was asked for. */
  readonly search: SearchResult | undefined;
  /** What validation chose of the settings left open; undefined: nothing was left to it. */
  readonly choices: ChoicesInBrief | undefined;
  /** What joins the history of users with few items, what it gained and for how many; undefined: it was not asked. */
  readonly augmentation: ChosenAugmentation | undefined;
  /** How many users the served model did not learn from, as anomalies; undefined: all were learned from. */
  readonly excludedUsers: number | undefined;
  /** Segments of the users of the model that serves; undefined: it has none. */
  readonly segments: FoundSegments | undefined;
}

/** manifest.json of a model: what its training found, choices whole, and what it was asked. */
export interface ModelManifest extends Omit<TrainResult, 'choices'> {
  readonly runId: string;
  readonly seed: number;
  /** Of the model that serves. */
  readonly settings: ModelArtefact['settings'];
  readonly choices: Choices | undefined;
  readonly excluded: TrainingParts['excluded'];
  /** ISO 8601. */
  readonly createdAt: string;
}

export interface EvaluateResult {
  readonly modelId: string;
  readonly testUsers: number;
  /** Of the model. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly intervals: Readonly<Record<string, readonly [number, number]>>;
  readonly baselines: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Against the best baseline by popularity, paired over users, NDCG@20. */
  readonly gate: {
    readonly against: string;
    readonly difference: number;
    readonly interval: readonly [number, number];
  };
  /** Against the other model that was asked for, paired over users, NDCG@20. */
  readonly against:
    | {
        readonly modelId: string;
        readonly difference: number;
        readonly interval: readonly [number, number];
        readonly pValue: number;
      }
    | undefined;
  readonly report: string;
}

export interface IndexResult {
  readonly modelId: string;
  readonly driver: string;
  readonly items: number;
  readonly dimensions: number;
  readonly efSearch: number;
  readonly recallAt10: number;
  readonly seconds: number;
}

export interface PromoteResult {
  readonly modelId: string;
  readonly previousModelId: string | undefined;
}

/** One stage of a run. */
export type Stage<Name extends RunStage> = (context: StageContext) => Promise<StageResults[Name]>;
