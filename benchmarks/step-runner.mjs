// One contender of step.mjs in a process of its own: loads its engine, then makes as many steps as it is told.
import { once } from 'node:events';
import { loadEngine } from '@kindred/compute';
import { Random } from '@kindred/domain';
import { infoNceLoss, infoNceLossByAutodiff } from '@kindred/objectives';

const { contender, settings } = JSON.parse(process.argv[2]);
const { batch, dimensions, temperature, userRows, itemRows, seed } = settings;
const RATE = 1e-3;
const LOSSES = { autodiff: infoNceLossByAutodiff, 'by hand': infoNceLoss };

/** A table of vectors with row-sparse Adam; the rows of a batch may repeat. */
class Table {
  constructor(rowCount, label) {
    const random = new Random(seed, label);
    const size = rowCount * dimensions;
    this.values = Float32Array.from({ length: size }, () => 0.1 * random.normal());
    // Filled so that their memory pages are there before the clock runs.
    this.mean = new Float32Array(size).fill(0);
    this.square = new Float32Array(size).fill(0);
    this.slots = new Int32Array(rowCount).fill(-1);
    this.touched = new Uint32Array(batch);
    this.sums = new Float32Array(batch * dimensions);
    this.gathered = new Float32Array(batch * dimensions);
    this.steps = 0;
  }

  gather(rows) {
    for (let k = 0; k < batch; k++) {
      const start = rows[k] * dimensions;
      this.gathered.set(this.values.subarray(start, start + dimensions), k * dimensions);
    }
    return this.gathered;
  }

  /** Adam (Kingma and Ba, 2015) on the rows of the batch, gradients of a repeated row added up first. */
  descend(rows, gradients) {
    const { values, mean, square, slots, touched, sums } = this;
    const count = this.#merge(rows, gradients);
    this.steps++;
    const size = (RATE * Math.sqrt(1 - 0.999 ** this.steps)) / (1 - 0.9 ** this.steps);
    for (let slot = 0; slot < count; slot++) {
      const start = touched[slot] * dimensions;
      slots[touched[slot]] = -1;
      for (let c = 0; c < dimensions; c++) {
        const gradient = sums[slot * dimensions + c];
        mean[start + c] += 0.1 * (gradient - mean[start + c]);
        square[start + c] += 0.001 * (gradient * gradient - square[start + c]);
        values[start + c] -= (size * mean[start + c]) / (Math.sqrt(square[start + c]) + 1e-8);
      }
    }
  }

  #merge(rows, gradients) {
    const { slots, touched, sums } = this;
    sums.fill(0);
    let count = 0;
    for (let k = 0; k < batch; k++) {
      const row = rows[k];
      if (slots[row] < 0) {
        slots[row] = count;
        touched[count++] = row;
      }
      const into = slots[row] * dimensions;
      for (let c = 0; c < dimensions; c++) sums[into + c] += gradients[k * dimensions + c];
    }
    return count;
  }
}

const engine = await loadEngine(contender.engine, { onnxRuntime: contender.onnxRuntime });
const draws = new Random(seed, 'batches');

function createState() {
  return { users: new Table(userRows, 'users'), items: new Table(itemRows, 'items') };
}

function drawRows(random, rowCount) {
  return Uint32Array.from({ length: batch }, () => random.below(rowCount));
}

async function step({ users, items }, gradient, random) {
  const { tf } = engine;
  const userIds = drawRows(random, userRows);
  const itemIds = drawRows(random, itemRows);
  const start = performance.now();
  const userRowsOfBatch = users.gather(userIds);
  const itemRowsOfBatch = items.gather(itemIds);
  const gathered = performance.now();
  const { loss, gradients } = engine.scope(() =>
    LOSSES[gradient](tf, {
      users: tf.tensor2d(userRowsOfBatch, [batch, dimensions]),
      items: tf.tensor2d(itemRowsOfBatch, [batch, dimensions]),
      temperature,
    }),
  );
  // On asynchronous engines the work is done only when the first number is there.
  const [value] = await engine.read(loss);
  const computed = performance.now();
  const userGradients = await engine.read(gradients.users);
  const itemGradients = await engine.read(gradients.items);
  tf.dispose([loss, gradients.users, gradients.items]);
  const read = performance.now();
  users.descend(userIds, userGradients);
  items.descend(itemIds, itemGradients);
  const end = performance.now();
  return {
    loss: value,
    ms: {
      gather: gathered - start,
      compute: computed - gathered,
      read: read - computed,
      adam: end - read,
      total: end - start,
    },
  };
}

const states = { autodiff: createState(), 'by hand': createState() };
const losses = {};
for (const gradient of Object.keys(LOSSES)) {
  // The same batch for both gradients and on all engines: their losses must agree.
  losses[gradient] = (await step(states[gradient], gradient, new Random(seed, 'first batch'))).loss;
}
const tensors = engine.tensorCount();
process.on('message', async ({ gradient, steps }) => {
  const taken = [];
  for (let k = 0; k < steps; k++) taken.push((await step(states[gradient], gradient, draws)).ms);
  if (engine.tensorCount() !== tensors) throw new Error(`${engine.description} leaks tensors`);
  process.send(taken);
});
process.send({ description: engine.description, losses });
await once(process, 'disconnect');
await engine.dispose();
process.exit(0);
