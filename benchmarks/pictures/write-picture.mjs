// Which results have a picture beside them, and who draws it; of train the tables in benchmarks/README.md too.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { withTrainTables } from '../train-parts.mjs';
import { beautyRoadPicture } from './beauty-road-picture.mjs';
import { foldInPicture } from './fold-in-picture.mjs';
import { implicitPicture } from './implicit-picture.mjs';
import { memoryPicture } from './memory-picture.mjs';
import { stepPicture, trainPicture } from './step-pictures.mjs';

const results = path.join(import.meta.dirname, '../../results');
const README = path.join(import.meta.dirname, '../README.md');

/** By the name of the file in results/: a function of the report to SVG. */
export const PICTURES = {
  'fold-in': foldInPicture,
  implicit: implicitPicture,
  step: stepPicture,
  train: trainPicture,
  memory: memoryPicture,
  'beauty-road': beautyRoadPicture,
};

/**
 * Draws a committed result anew; nothing where a benchmark wrote elsewhere.
 * @param {keyof typeof PICTURES} name @param {string} [written] the file that was written
 */
export function writePicture(name, written = path.join(results, `${name}.json`)) {
  const committed = path.join(results, `${name}.json`);
  if (path.resolve(written) !== committed) return;
  const report = JSON.parse(readFileSync(committed, 'utf8'));
  writeFileSync(path.join(results, `${name}.svg`), PICTURES[name](report));
  if (name === 'train') writeFileSync(README, withTrainTables(readFileSync(README, 'utf8'), report));
}
