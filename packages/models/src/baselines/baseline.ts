import { KindredError, type Recommender, type RecommenderFactory, type TrainingData } from '@kindred/domain';
import { resolveSettings, type SettingDeclaration, type Settings, type SettingValue } from '../settings.js';
import { checkNotEmpty } from './item-popularity.js';
import { type Matmul, plainMatmul } from './matmul.js';

/** Settings from outside (`--set key=value`), not yet checked. */
export type GivenSettings = Readonly<Record<string, unknown>>;

/** What an app injects. */
export interface BaselineParts {
  /** A fast product of matrices, of an engine say; default: plain JavaScript, about 2 GFLOP/s. */
  readonly matmul?: Matmul | undefined;
}

/** The largest catalogue that a baseline takes, and why. */
export interface CatalogueLimit {
  readonly items: number;
  /** With at most so many users it takes more items all the same. */
  readonly orUsers?: number | undefined;
  /** What it does with the items, after its name: `inverts a dense matrix of items by items`. */
  readonly because: string;
  /** Memory that so many items would take. */
  readonly bytesOf: (itemCount: number) => number;
}

/** A plain way to recommend: a bar that learned methods have to pass. */
export interface Baseline {
  readonly name: string;
  /** One sentence. */
  readonly description: string;
  readonly settings: readonly SettingDeclaration[];
  /** Absent: any catalogue. */
  readonly limit?: CatalogueLimit | undefined;
  /** @throws KindredError SETTING_UNKNOWN, CONFIG_INVALID */
  create(given?: GivenSettings, parts?: BaselineParts): RecommenderFactory;
}

interface FitContext {
  readonly data: TrainingData;
  /** As `resolveSettings` returns them. */
  readonly settings: Settings;
  readonly seed: number;
  readonly matmul: Matmul;
  /** Puts something that only the data can tell beside the settings in the report. */
  note(name: string, value: SettingValue): void;
}

export interface BaselineDefinition extends Omit<Baseline, 'create'> {
  /** Learns from data that holds at least one interaction and is within the limit. */
  fit(context: FitContext): Promise<Recommender>;
}

/** The checks and the silhouette that all baselines share, around what tells them apart. */
export function defineBaseline({ fit, ...baseline }: BaselineDefinition): Baseline {
  const { name } = baseline;
  return {
    ...baseline,
    create(given = {}, { matmul = plainMatmul } = {}) {
      const settings = resolveSettings(baseline.settings, given);
      let notes: Readonly<Record<string, SettingValue>> = {};
      return {
        name,
        get settings() {
          return { ...settings, ...notes };
        },
        async fit(data, seed) {
          checkData(baseline, data);
          notes = {};
          const note = (key: string, value: SettingValue) => {
            notes = { ...notes, [key]: value };
          };
          return fit({ data, settings, seed, matmul, note });
        },
      };
    },
  };
}

/** Whether a baseline with this limit takes so many users and items. */
export function isWithin(limit: CatalogueLimit | undefined, userCount: number, itemCount: number): boolean {
  return limit === undefined || itemCount <= limit.items || userCount <= (limit.orUsers ?? 0);
}

/** @throws KindredError DATA_EMPTY, CATALOGUE_TOO_LARGE */
export function checkData({ name, limit }: Pick<Baseline, 'name' | 'limit'>, data: TrainingData): void {
  checkNotEmpty(name, data);
  const { rowCount: userCount, columnCount: itemCount } = data.positives;
  if (limit === undefined || isWithin(limit, userCount, itemCount)) return;
  const gigabytes = (limit.bytesOf(itemCount) / 1e9).toFixed(1);
  throw new KindredError(
    'CATALOGUE_TOO_LARGE',
    `${name} ${limit.because}: ${itemCount} items would take ${gigabytes} GB; the limit is ${limit.items} items`,
  );
}
