// The pictures in results/ of fold-in, implicit, step, train, memory and beauty-road, and the tables of the training step in README.md,
// from their files:
//   node benchmarks/pictures.mjs
// Each of these benchmarks does so itself after it has measured.
import { PICTURES, writePicture } from './pictures/write-picture.mjs';

for (const name of Object.keys(PICTURES)) writePicture(name);
