import { KindredError, nearestName } from '@kindred/domain';
import { convertMovielens100k } from './convert-movielens.js';
import { convertUciOnlineRetail, UCI_WORKBOOK } from './convert-uci-online-retail.js';
import type { ZipArchive } from './zip-archive.js';

/** What a download is checked against. */
export interface Checksum {
  /** The archive itself, or the name of one file in it. */
  readonly of: string;
  readonly algorithm: 'sha256' | 'md5';
  readonly digest: string;
}

/** A public data set that `kindred datasets pull` brings from its publisher. */
export interface PublicDataset {
  readonly name: string;
  readonly what: string;
  /** Address of the archive at the publisher. */
  readonly url: string;
  readonly page: string;
  readonly licence: string;
  readonly citation: string;
  readonly redistributable: boolean;
  /** Undefined: no checksum is known, and the pull says `unverified`. */
  readonly checksum: Checksum | undefined;
  /** Unpacks into our layout. @returns rows of each file written */
  convert(archive: ZipArchive, folder: string, checksum: Checksum | undefined): Promise<Record<string, number>>;
}

export const DATASETS: readonly PublicDataset[] = [
  {
    name: 'uci-online-retail',
    what: 'every invoice line of a UK gift shop, 2010-12 to 2011-12: 541,909 lines, titles, prices, returns',
    url: 'https://archive.ics.uci.edu/static/public/352/online+retail.zip',
    page: 'https://archive.ics.uci.edu/dataset/352/online+retail',
    licence: 'CC BY 4.0: name the authors when you share it.',
    citation:
      'D. Chen, S. L. Sain, K. Guo (2012): Data mining for the online retail industry. J. Database Marketing & Customer Strategy Management 19(3), 197-208.',
    redistributable: true,
    checksum: { of: UCI_WORKBOOK, algorithm: 'md5', digest: '8f8e6d94ba88f976f4d8290cb2dea7fd' },
    convert: (archive, folder, checksum) => convertUciOnlineRetail(archive, folder, checksum?.digest),
  },
  {
    name: 'movielens-100k',
    what: '100,000 ratings of 1,682 movies by 943 people, 1997 to 1998, with titles and genres',
    url: 'https://files.grouplens.org/datasets/movielens/ml-100k.zip',
    page: 'https://grouplens.org/datasets/movielens/100k/',
    licence: 'GroupLens: for research; no commercial use and no redistribution without permission.',
    citation: 'F. M. Harper, J. A. Konstan (2015): The MovieLens Datasets: History and Context. ACM TiiS 5(4), 19.',
    redistributable: false,
    checksum: {
      of: 'archive',
      algorithm: 'sha256',
      digest: '50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229',
    },
    convert: convertMovielens100k,
  },
];

/** @throws KindredError NOT_FOUND with the known names */
export function publicDatasetByName(name: string): PublicDataset {
  const found = DATASETS.find((dataset) => dataset.name === name);
  if (found !== undefined) return found;
  const names = DATASETS.map((dataset) => dataset.name);
  const near = nearestName(name, names);
  const hint = near === undefined ? '' : `; did you mean ${near}?`;
  throw new KindredError('NOT_FOUND', `"${name}" can not be pulled; known: ${names.join(', ')}${hint}`, {
    field: name,
  });
}
