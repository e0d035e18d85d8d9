import { join } from 'node:path';
import { KindredError } from '@kindred/domain';
import { writeTable } from './write-table.js';
import type { ZipArchive } from './zip-archive.js';

const SPLITS = ['u1', 'u2', 'u3', 'u4', 'u5', 'ua', 'ub'];

/** MovieLens-100K as published → our layout. Ratings are put in the order of time; u.item is latin-1. */
export async function convertMovielens100k(archive: ZipArchive, folder: string): Promise<Record<string, number>> {
  const ratings = await ratingsOf(archive, 'u.data');
  ratings.sort((a, b) => Number(a[3]) - Number(b[3]));
  const columns = ['user_id', 'item_id', 'rating', 'timestamp'];
  const counts: Record<string, number> = {};
  counts['interactions.tsv.gz'] = await writeTable(join(folder, 'interactions.tsv.gz'), columns, ratings);
  counts['items.tsv.gz'] = await writeTable(
    join(folder, 'items.tsv.gz'),
    ['item_id', 'title', 'genres', 'release_date', 'imdb_url'],
    await moviesOf(archive),
  );
  counts['users.tsv.gz'] = await writeTable(
    join(folder, 'users.tsv.gz'),
    ['user_id', 'age', 'gender', 'occupation', 'zip'],
    lines(await archive.text('u.user', 'latin1')).map((line) => line.split('|')),
  );
  for (const split of SPLITS) {
    for (const [part, ending] of [
      ['train', 'base'],
      ['test', 'test'],
    ] as const) {
      const path = `splits/${split}.${part}.tsv.gz`;
      counts[path] = await writeTable(join(folder, path), columns, await ratingsOf(archive, `${split}.${ending}`));
    }
  }
  return counts;
}

async function ratingsOf(archive: ZipArchive, name: string): Promise<string[][]> {
  const rows = lines(await archive.text(name, 'utf8')).map((line) => line.split('\t'));
  const bad = rows.findIndex((row) => row.length !== 4 || row.some((cell) => !/^\d+$/.test(cell)));
  if (bad >= 0) throw new KindredError('DOWNLOAD_CORRUPT', `${name}:${bad + 1} is not a rating`);
  return rows;
}

async function moviesOf(archive: ZipArchive): Promise<string[][]> {
  const genres = lines(await archive.text('u.genre', 'latin1')).map((line) => line.split('|')[0] as string);
  return lines(await archive.text('u.item', 'latin1')).map((line) => {
    const [id = '', title = '', released = '', , address = '', ...flags] = line.split('|');
    return [id, title, genres.filter((_, index) => flags[index] === '1').join('|'), released, address];
  });
}

function lines(text: string): string[] {
  return text.split(/\r?\n/).filter((line) => line !== '');
}
