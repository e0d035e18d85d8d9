import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Random } from '@kindred/domain';
import { expect, it } from 'vitest';
import { encodeLayers } from '../src/artefact/encode-layers.js';
import { StyleBody } from '../src/gan/style-body.js';
import { type LayersEncoder, loadArtefact, saveArtefact } from '../src/index.js';
import { RunState } from '../src/run-state.js';
import { prepare, randomData, referenceEngine, vocabularyOf } from './learned-fixture.js';

const WIDTH = 3;
const NOISE = 4;
/** Of three users, the last two alike. [B, h] */
const SUMS = Float32Array.of(-0.5, 0.2, 0.9, 0.3, 1, -0.8, 0.3, 1, -0.8);

/** What serving draws where it has no seed. */
class Silence extends Random {
  override normal(): number {
    return 0;
  }
}
const seeded = () => new Random(3, 'latent');
const silent = () => new Silence(3, 'latent');

/** What a body makes of users. @param rows [B, h] */
async function madeBy(body: StyleBody, random = seeded(), rows = SUMS): Promise<number[][]> {
  const { tf } = await referenceEngine();
  const count = rows.length / WIDTH;
  const positiveWeights = new Float32Array(count).fill(1);
  const forward = body.prepare({ users: new Uint32Array(count), rows, positiveWeights, progress: 0, random });
  return tf.tidy(() => {
    const weights = body.layers.map(({ values, width }) => tf.tensor2d(values, [values.length / width, width]));
    return forward(tf, tf.tensor2d(rows, [count, WIDTH]), weights).hidden.arraySync();
  });
}

function bodyOf(styleMixing: number): StyleBody {
  const body = new StyleBody(new RunState(1, 'style body'), WIDTH, { noise: NOISE, styleWidth: 2, styleMixing });
  const random = new Random(4, 'as if trained: no bias is zero');
  for (const { values } of body.layers) values.set(values.map((value) => value + 0.2 * random.normal()));
  return body;
}

/** Whose last layer gets nothing of the first: what it makes is the last layer's style alone. */
function lastStyleOf(styleMixing: number): StyleBody {
  const body = bodyOf(styleMixing);
  body.layers[1]?.values.fill(0);
  return body;
}

/** Whose last layer has no modulation: what it makes shows the style of the first alone. */
function firstStyleOf(styleMixing: number): StyleBody {
  const body = bodyOf(styleMixing);
  body.layers.at(-1)?.values.fill(0);
  return body;
}

it.each([
  ['by the same noise', seeded, seeded(), undefined],
  ['without a seed', silent, undefined, undefined],
  ['with what the segment adds to the sum', seeded, seeded(), Float32Array.of(0.7, -0.4, 0.2)],
])('serves the activations that it was trained with, %s', async (_, drawn, random, shifts) => {
  const body = bodyOf(0);
  const encoder: LayersEncoder = {
    kind: 'layers',
    contextVectors: SUMS,
    ...body.served(),
    segments: shifts && { centres: Float32Array.of(1, 0, 0), shifts },
    temperature: 1,
    priorWeight: 1,
  };
  // .6 and .8 of two items: a profile of length one.
  const sum = Float32Array.from(
    { length: WIDTH },
    (_, c) => 0.6 * (SUMS[c] as number) + 0.8 * (SUMS[WIDTH + c] as number) + (shifts?.[c] ?? 0),
  );
  const vector = encodeLayers(encoder, Uint32Array.of(0, 1), Float32Array.of(3, 4), undefined, WIDTH + 1, random);
  const [trained] = (await madeBy(body, drawn(), sum)) as [number[]];
  expect([...vector.subarray(0, WIDTH)]).toEqual(trained.map((value) => expect.closeTo(value, 5)));
});

it('makes a style of the profile and of the noise', async () => {
  const [one, other, same] = await madeBy(lastStyleOf(0), silent());
  expect(one).not.toEqual(other);
  expect(same).toEqual(other);
  const [, first, second] = await madeBy(lastStyleOf(0));
  expect(first).not.toEqual(second);
});

it('mixes the styles of two users, in the last layer alone', async () => {
  for (const drawn of [silent, seeded]) {
    const own = await madeBy(lastStyleOf(0), drawn());
    expect(own[0]).not.toEqual(own[1]);
    // What one gets is what the next user's profile and noise make.
    expect(await madeBy(lastStyleOf(1), drawn())).toEqual([own[1], own[2], own[0]]);
    expect(await madeBy(firstStyleOf(1), drawn())).toEqual(await madeBy(firstStyleOf(0), drawn()));
  }
});

it('refuses files whose style layers have other shapes, as those of a style of noise alone have', async () => {
  const dir = await mkdtemp(path.join(tmpdir(), 'style-'));
  try {
    const data = randomData(9, 6, 'files');
    const settings = { dimensions: WIDTH, body: 'style', noise: NOISE, styleWidth: 2 };
    const artefact = (await prepare('gan', data, settings)).artefact(vocabularyOf(data));
    const encoder = artefact.encoder as LayersEncoder & Required<Pick<LayersEncoder, 'style'>>;
    await saveArtefact(dir, artefact);
    const file = path.join(dir, 'artefact.json');
    const description = JSON.parse(await readFile(file, 'utf8')) as { encoder: { styleLayers: { noise: number } } };
    expect(description.encoder.styleLayers.noise).toBe(NOISE);
    for (const noise of [NOISE + 1, undefined]) {
      const styleLayers = { ...description.encoder.styleLayers, noise };
      await writeFile(file, JSON.stringify({ ...description, encoder: { ...description.encoder, styleLayers } }));
      await expect(loadArtefact(dir)).rejects.toMatchObject({ code: 'MODEL_CORRUPT' });
    }
    const [first, ...rest] = encoder.style.mapping as [LayersEncoder['layers'][number]];
    const ofNoise = { ...first, weights: first.weights.slice(0, (NOISE + 1) * first.outputs) };
    const style = { ...encoder.style, mapping: [ofNoise, ...rest] };
    await saveArtefact(dir, { ...artefact, encoder: { ...encoder, style } });
    await expect(loadArtefact(dir)).rejects.toMatchObject({
      code: 'MODEL_CORRUPT',
      message: expect.stringContaining(`style0 is of shape [${NOISE + 1}, 2], expected [${NOISE + WIDTH + 1}, 2]`),
    });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
