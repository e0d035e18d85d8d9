import type { Engine, TensorFlow } from '@kindred/compute';

/** Mistakes that a method could hold, made from outside of it: by an engine that changes what goes in or comes out. */

/** Every gradient has the wrong sign: the optimiser climbs. A loss, of rank 0, is read as it is. */
export function climbing(engine: Engine): Engine {
  return {
    ...delegated(engine),
    async read(tensor, out) {
      const values = await engine.read(tensor, out);
      if (tensor.rank > 0) for (let k = 0; k < values.length; k++) values[k] = -(values[k] as number);
      return values;
    },
  };
}

/** Every loss, of rank 0, is no number. */
export function withoutLosses(engine: Engine): Engine {
  return {
    ...delegated(engine),
    async read(tensor, out) {
      const values = await engine.read(tensor, out);
      return tensor.rank === 0 ? values.fill(Number.NaN) : values;
    },
  };
}

/**
 * Rows are paired with what belongs to others: of the matrices that a loss is given, one is turned on by a third of its rows, and
 * its gradient, where it has one, turned back, so that whoever reads it takes the mistake for the truth.
 * @param place of that matrix among those made in a scope, and of its gradient among those read, counted from 0
 */
export function mispaired(engine: Engine, place: number): Engine {
  let [made, read] = [0, 0];
  const tensor2d: TensorFlow['tensor2d'] = (values, shape, dtype) =>
    engine.tf.tensor2d(made++ === place ? turned(values as Float32Array, thirdOf(shape)) : values, shape, dtype);
  const scope = <T>(body: () => T) => {
    [made, read] = [0, 0];
    return engine.scope(body);
  };
  return {
    ...delegated(engine),
    tf: Object.create(engine.tf, { tensor2d: { value: tensor2d } }) as TensorFlow,
    scope: scope as Engine['scope'],
    async read(tensor, out) {
      const values = await engine.read(tensor, out);
      if (tensor.rank > 0 && read++ === place) values.set(turned(values, -thirdOf(tensor.shape)));
      return values;
    },
  };
}

/** The entries of a third of the rows. */
function thirdOf([rows = 0, columns = 0]: readonly number[] = []): number {
  return Math.floor(rows / 3) * columns;
}

/** So many places on, around the end. */
function turned(values: Float32Array, places: number): Float32Array {
  const { length } = values;
  return values.map((_, k) => values[(k + places + length) % length] as number);
}

/** What an engine has, by itself: its methods need the engine that they belong to. */
function delegated(engine: Engine): Engine {
  const { name, description, tf } = engine;
  return {
    name,
    description,
    tf,
    read: engine.read.bind(engine),
    matmul: engine.matmul.bind(engine),
    scope: engine.scope.bind(engine) as Engine['scope'],
    tensorCount: engine.tensorCount.bind(engine),
    dispose: engine.dispose.bind(engine),
  };
}
