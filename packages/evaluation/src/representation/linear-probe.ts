import { Random } from '@kindred/domain';
import { ridgeClassifier } from './ridge-classifier.js';
import type { UnitRows } from './vector-table.js';

/** What can be read off vectors by a linear rule. */
export interface LinearProbe {
  /** Share of the rows whose class is told, each by a rule that has not seen it. */
  readonly accuracy: number;
  /** The same for always naming the class that most rows of the rule's part have: what knowing nothing gives. */
  readonly majority: number;
  readonly classes: number;
  readonly rows: number;
}

const FOLDS = 5;

/**
 * A linear probe (Alain and Bengio, 2017): least squares with a ridge onto the classes, in five seeded folds.
 * @param labels [n]: class of each row; undefined: not asked about. Classes with fewer rows than folds are left out.
 * @returns undefined with fewer than two classes
 */
export function linearProbe(rows: UnitRows, labels: readonly (string | undefined)[], seed: number) {
  const sizes = new Map<string, number>();
  for (const label of labels) if (label !== undefined) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  const classes = [...sizes.keys()].filter((label) => (sizes.get(label) as number) >= FOLDS).sort();
  const numberOf = new Map(classes.map((label, number) => [label, number]));
  const asked = labels.flatMap((label, row) => (numberOf.has(label ?? '') ? [row] : []));
  if (classes.length < 2) return undefined;
  const targets = Uint32Array.from(asked, (row) => numberOf.get(labels[row] as string) as number);
  const order = new Random(seed, 'linear probe').shuffle(Uint32Array.from(asked.keys()));
  let told = 0;
  let guessed = 0;
  for (let fold = 0; fold < FOLDS; fold++) {
    const inside = order.filter((_, k) => k % FOLDS === fold);
    const outside = order.filter((_, k) => k % FOLDS !== fold);
    const classify = ridgeClassifier(rows, rowsOf(outside, asked), targetsOf(outside, targets), classes.length);
    const most = mostFrequent(targetsOf(outside, targets), classes.length);
    for (const place of inside) {
      if (classify(asked[place] as number) === targets[place]) told++;
      if (most === targets[place]) guessed++;
    }
  }
  const count = asked.length;
  const probe: LinearProbe = {
    accuracy: told / count,
    majority: guessed / count,
    classes: classes.length,
    rows: count,
  };
  return probe;
}

function rowsOf(places: Uint32Array, asked: readonly number[]): Uint32Array {
  return places.map((place) => asked[place] as number);
}

function targetsOf(places: Uint32Array, targets: Uint32Array): Uint32Array {
  return places.map((place) => targets[place] as number);
}

function mostFrequent(targets: Uint32Array, classes: number): number {
  const counts = new Uint32Array(classes);
  for (const target of targets) counts[target] = (counts[target] as number) + 1;
  return counts.indexOf(Math.max(...counts));
}
