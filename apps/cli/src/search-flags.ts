import { KindredError } from '@kindred/domain';
import type { TrainResult } from '@kindred/pipeline';
import { type Command, InvalidArgumentError } from 'commander';
import { formatMetric, renderTable } from './output.js';
import { wholeNumber } from './session.js';

/** The flags of a search for better settings. */
export interface SearchFlags {
  readonly search?: number;
  readonly searchKind?: string;
  readonly searchSeed?: number;
}

type Search = NonNullable<TrainResult['search']>;

export function addSearchFlags(command: Command): Command {
  return command
    .option('--search <n>', 'look for better settings on validation in so many trials, the defaults first', trialCount)
    .option('--search-kind <kind>', 'random, or halving: many short trainings, the best third of them longer')
    .option('--search-seed <n>', 'seed of the draws (default: that of the run)', wholeNumber);
}

/** What a run is told of a search. @throws KindredError USAGE when the other flags stand without --search */
export function searchOf({ search, searchKind, searchSeed }: SearchFlags): object | undefined {
  if (search === undefined) {
    const alone = searchKind !== undefined ? '--search-kind' : searchSeed !== undefined ? '--search-seed' : undefined;
    if (alone === undefined) return undefined;
    throw new KindredError('USAGE', `${alone} goes with --search <n>`, { field: alone });
  }
  return {
    trials: search,
    ...(searchKind === undefined ? {} : { kind: searchKind }),
    ...(searchSeed === undefined ? {} : { seed: searchSeed }),
  };
}

/** Every training of a search, and what was kept. */
export function searchTable({ rows, kept, verdict }: Search): string {
  const lines = rows.map(({ trial, settings, epochs, validationNdcg, validationError, seconds, refused }) => [
    `${trial}${trial === kept ? ' (kept)' : ''}`,
    formatMetric(validationNdcg),
    validationError === undefined ? '' : `± ${formatMetric(validationError)}`,
    epochs ?? '',
    seconds?.toFixed(1) ?? '',
    refused ?? (trial === 1 ? 'the defaults' : settingsText(settings)),
  ]);
  return `${renderTable(['trial', 'validation ndcg@20', '', 'epochs', 'train s', 'settings'], lines)}\n${verdict}`;
}

/** `temperature=0.12 dimensions=64` */
export function settingsText(settings: Readonly<Record<string, unknown>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(' ');
}

function trialCount(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('It takes a whole number of trials from 1 to 9999.');
  return Number(text);
}
