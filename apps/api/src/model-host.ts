import { stat } from 'node:fs/promises';
import { type ErrorCode, KindredError } from '@kindred/domain';
import { type PairSettings, type PairSettingsInput, resolvePairSettings } from '@kindred/pairs';
import { folders } from '@kindred/pipeline';
import { loadServingModel, type ServingModel } from '@kindred/serving';
import {
  type Database,
  findCurrentPromotion,
  getModel,
  getSnapshot,
  listenPromotions,
  type PromotionListener,
  type StoredModel,
} from '@kindred/storage';
import type { Logger } from 'pino';
import type { ApiMetrics } from './api-metrics.js';

/** A model in service, with the rules by which its histories are made. */
export interface HostedModel {
  readonly model: ServingModel;
  /** Of the snapshot that it was trained on: the same strengths in serving as in training. */
  readonly pairSettings: PairSettings;
}

/** Why the promoted model does not serve in this process. */
export interface LoadFault {
  readonly modelId: string;
  readonly code: ErrorCode;
  readonly message: string;
}

export interface ModelHostOptions {
  readonly database: Database;
  readonly databaseUrl: string;
  /** Where models lie when the place that the trainer wrote down is not there: another mount of the same folder. */
  readonly dataDir?: string | undefined;
  readonly logger: Logger;
  readonly metrics: ApiMetrics;
  /** How often a model that could not be loaded, or a promotion that was not heard of, is looked for. */
  readonly recheckMs?: number | undefined;
}

const RECHECK_MS = 30_000;

/**
 * Holds the promoted model in memory. A new one is loaded whole before one reference is swapped, so a request works
 * on the model it began with and none waits. A model that can not be loaded leaves the old one in service.
 */
export class ModelHost {
  readonly #options: ModelHostOptions;
  #serving: HostedModel | undefined;
  #prepared: HostedModel | undefined;
  #fault: LoadFault | undefined;
  #refreshing: Promise<void> = Promise.resolve();
  #listener: PromotionListener | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: ModelHostOptions) {
    this.#options = options;
  }

  /** Loads the promoted model, where there is one, and follows promotions from now on. Faults are told by `fault`. */
  async start(): Promise<void> {
    const { databaseUrl, logger, recheckMs } = this.#options;
    await this.refresh();
    if (this.#closed) return;
    this.#listener = listenPromotions(databaseUrl, () => this.refresh(), {
      onFault: (error) => logger.warn({ err: error }, 'listening to promotions'),
    });
    this.#timer = setInterval(() => void this.refresh(), recheckMs ?? RECHECK_MS);
    this.#timer.unref();
  }

  /** @throws KindredError NO_MODEL */
  current(): HostedModel {
    if (this.#serving !== undefined) return this.#serving;
    const { code, message } = this.#fault ?? {};
    throw new KindredError('NO_MODEL', code === undefined ? 'no model was promoted yet' : `${code}: ${message}`);
  }

  get servingModelId(): string | undefined {
    return this.#serving?.model.modelId;
  }

  get fault(): LoadFault | undefined {
    return this.#fault;
  }

  /**
   * Loads a model before it is promoted, so that one that can not serve is refused, and the swap is only a swap.
   * @throws KindredError MODEL_CORRUPT, INDEX_CORRUPT, …
   */
  async prepare(model: StoredModel): Promise<void> {
    if (model.id !== this.servingModelId) this.#prepared = await this.#load(model);
  }

  /** Brings the promoted model into service, if it is not there yet. Never fails; one at a time. */
  refresh(): Promise<void> {
    this.#refreshing = this.#refreshing.then(() => this.#refresh());
    return this.#refreshing;
  }

  /** No callback and no load is under way when it has resolved. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#listener?.close();
    await this.#refreshing;
  }

  async #refresh(): Promise<void> {
    if (this.#closed) return;
    const { database, logger } = this.#options;
    let modelId: string | undefined;
    try {
      modelId = (await findCurrentPromotion(database.db))?.modelId;
      if (modelId !== undefined && modelId !== this.servingModelId) await this.#swap(modelId);
      this.#fault = undefined;
    } catch (error) {
      if (modelId === undefined) logger.warn({ err: error }, 'the current promotion can not be read');
      else this.#noteFault(modelId, error);
    }
  }

  async #swap(modelId: string): Promise<void> {
    const { database, logger, metrics } = this.#options;
    const started = performance.now();
    const prepared = this.#prepared?.model.modelId === modelId ? this.#prepared : undefined;
    const next = prepared ?? (await this.#load(await getModel(database.db, modelId)));
    this.#prepared = undefined;
    const previousModelId = this.servingModelId;
    this.#serving = next;
    metrics.setServingModel(modelId, next.model.artefact.method);
    const loadMs = Math.round(performance.now() - started);
    logger.info({ modelId, previousModelId, loadMs }, 'model serves');
  }

  async #load(stored: StoredModel): Promise<HostedModel> {
    const { database, logger } = this.#options;
    const snapshot = await getSnapshot(database.db, stored.snapshotId);
    const { settings } = snapshot.manifest as { settings: PairSettingsInput };
    const pairSettings = resolvePairSettings(settings);
    const { model, fault } = await loadServingModel(await this.#folderOf(stored), stored.id);
    if (fault !== undefined) logger.warn({ modelId: stored.id, fault }, 'items are scanned instead of searched');
    return { model, pairSettings };
  }

  async #folderOf(stored: StoredModel): Promise<string> {
    const { dataDir } = this.#options;
    const written = folders.served(stored.path);
    if (dataDir === undefined || (await isThere(written))) return written;
    return folders.served(folders.model(dataDir, stored.id));
  }

  #noteFault(modelId: string, error: unknown): void {
    const { logger, metrics } = this.#options;
    const code = error instanceof KindredError ? error.code : 'INTERNAL';
    this.#fault = { modelId, code, message: error instanceof Error ? error.message : String(error) };
    metrics.countLoadFailure();
    logger.error({ modelId, servingModelId: this.servingModelId, err: error }, 'promoted model can not be loaded');
  }
}

function isThere(folder: string): Promise<boolean> {
  return stat(folder).then(
    () => true,
    () => false,
  );
}
