import type { Engine } from '@kindred/compute';
import { Random, type TrainingData } from '@kindred/domain';
import { truncateTo } from '../src/autoencoder/corruption.js';
import { ProfileGenerator } from '../src/autoencoder/profile-generator.js';
import { readGanSettings } from '../src/gan/gan-settings.js';
import { createGeneratorBody } from '../src/gan/generator-body.js';
import { getMethod, resolveSettings } from '../src/index.js';
import { RunState } from '../src/run-state.js';
import { servedArtefact } from '../src/served-artefact.js';
import { referenceEngine, vocabularyOf } from './learned-fixture.js';

export const CONV_WIDTH = 3;

/** A body with its settings, and the generator that it is in. */
export function randomConv(engine: Engine, data: TrainingData, conditionItems: number) {
  const own = { body: 'conv', dimensions: CONV_WIDTH, noise: 0, conditionItems };
  const settings = readGanSettings(resolveSettings(getMethod('gan').settings, own), data);
  const state = new RunState(1, 'conv');
  const random = new Random(2, 'start');
  const start = Float32Array.from({ length: data.positives.columnCount * CONV_WIDTH }, () => random.normal());
  const context = { data, settings, engine, seed: 1 };
  const task = {
    hide: truncateTo(settings.conditionItems),
    createBody: (parts: Parameters<typeof createGeneratorBody>[0]) => createGeneratorBody(parts, settings),
  };
  const generator = new ProfileGenerator(state, context, settings, task, start);
  // Wholly at random: what training starts from hardly tells the places of a pair apart.
  for (const { values } of generator.body.layers) values.set(Float32Array.from(values, () => 0.5 * random.normal()));
  return { generator, body: generator.body, settings };
}

/** A model of the body without noise, whose weights are at random. */
export async function servedConv(data: TrainingData, conditionItems: number) {
  const { generator, body, settings } = randomConv(await referenceEngine(), data, conditionItems);
  const artefact = servedArtefact({
    method: 'gan',
    settings,
    data,
    vocabulary: vocabularyOf(data),
    items: generator.items.values,
    context: generator.input.values,
    layers: body.served(),
    width: CONV_WIDTH,
    temperature: 1,
    priorStrength: 1,
    priorWindowDays: settings.priorWindowDays,
  });
  return { generator, artefact };
}
