import { Random } from '@kindred/domain';
import { expect, it } from 'vitest';
import { encodeLayers } from '../src/artefact/encode-layers.js';
import { StyleBody } from '../src/gan/style-body.js';
import type { LayersEncoder } from '../src/index.js';
import { RunState } from '../src/run-state.js';
import { prepare, randomData, referenceEngine } from './learned-fixture.js';

const WIDTH = 3;
/** Two users with the same profile: what differs between them is their style. */
const SUMS = Float32Array.of(0.3, 1, -0.8, 0.3, 1, -0.8);

/** What a body makes of the two users. [2, h] */
async function madeBy(body: StyleBody, users: number): Promise<number[][]> {
  const { tf } = await referenceEngine();
  const sums = SUMS.subarray(0, users * WIDTH);
  const random = new Random(3, 'latent');
  const positiveWeights = new Float32Array(users).fill(1);
  const forward = body.prepare({ users: new Uint32Array(users), rows: sums, positiveWeights, progress: 0, random });
  return tf.tidy(() => {
    const weights = body.layers.map(({ values, width }) => tf.tensor2d(values, [values.length / width, width]));
    return forward(tf, tf.tensor2d(sums, [users, WIDTH]), weights).hidden.arraySync();
  });
}

/** Without the modulation of one layer a body shows the style of the other alone. */
function bodyOf(styleMixing: number, modulated: 'both' | 'first' | 'last' = 'both'): StyleBody {
  const body = new StyleBody(new RunState(1, 'style body'), WIDTH, { noise: 4, styleWidth: 2, styleMixing });
  if (modulated !== 'both') body.layers.at(modulated === 'first' ? -1 : -2)?.values.fill(0);
  return body;
}

it('serves the activations that it was trained with, by the same noise', async () => {
  const body = bodyOf(0);
  const encoder: LayersEncoder = {
    kind: 'layers',
    contextVectors: SUMS.slice(0, WIDTH),
    ...body.served(),
    temperature: 1,
    priorWeight: 1,
  };
  const serve = (random?: Random) =>
    encodeLayers(encoder, Uint32Array.of(0), Float32Array.of(5), undefined, WIDTH + 1, random).subarray(0, WIDTH);
  const [trained] = (await madeBy(body, 1)) as [number[]];
  expect([...serve(new Random(3, 'latent'))]).toEqual(trained.map((value) => expect.closeTo(value, 5)));
  expect(serve()).toEqual(serve());
  expect(serve()).not.toEqual(serve(new Random(3, 'latent')));
});

it('mixes the styles of two users, in the last layer alone', async () => {
  const [own, mixed] = [await madeBy(bodyOf(0), 2), await madeBy(bodyOf(1), 2)];
  expect(own[0]).not.toEqual(own[1]);
  expect(mixed[0]).not.toEqual(own[0]);
  expect(await madeBy(bodyOf(1, 'first'), 2)).toEqual(await madeBy(bodyOf(0, 'first'), 2));
  // What one gets is the other's.
  expect(await madeBy(bodyOf(1, 'last'), 2)).toEqual((await madeBy(bodyOf(0, 'last'), 2)).reverse());
});

it('refuses a style without noise', async () => {
  const fit = prepare('gan', randomData(5, 4, 'styles'), { dimensions: 4, body: 'style', noise: 0 });
  await expect(fit).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
});
