import type { TrainingData } from '@kindred/domain';
import type { ModelArtefact } from '../artefact/index.js';
import type { Vocabulary } from '../learned-method.js';
import { servedArtefact } from '../served-artefact.js';
import type { AutoencoderSettings } from './autoencoder-settings.js';
import type { ProfileGenerator } from './profile-generator.js';

/** A generator as it serves. Its tables have to be settled. */
export function servedGenerator(
  { items, input, body }: ProfileGenerator,
  method: string,
  settings: AutoencoderSettings,
  data: TrainingData,
  vocabulary: Vocabulary,
): ModelArtefact {
  const { dimensions, priorStrength, priorWindowDays } = settings;
  return servedArtefact({
    method,
    settings,
    data,
    vocabulary,
    items: items.values,
    context: input.values,
    layers: body.served(),
    width: dimensions,
    temperature: 1,
    priorStrength,
    priorWindowDays,
  });
}
