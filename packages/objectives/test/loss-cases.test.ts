import { type Engine, loadEngine } from '@kindred/compute';
import { beforeAll, expect, it, vi } from 'vitest';
import * as objectives from '../src/index.js';
import { evaluate } from './conformance.js';
import { LOSS_CASES } from './loss-cases.js';

vi.mock('../src/index.js', { spy: true });

const losses = Object.entries(objectives).filter(([name]) => name.includes('Loss'));

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine('cpu');
  for (const { batchOf } of LOSS_CASES) {
    const batch = batchOf({ batch: 2, width: 2, negatives: 3 });
    await evaluate(engine, batch, batch.inputs);
  }
});

it.each(losses)('%s has a case of its own', (_, loss) => {
  expect(loss).toHaveBeenCalled();
});
