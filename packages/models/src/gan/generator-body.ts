import type { AutoencoderBody } from '../autoencoder/autoencoder-body.js';
import { CodeBody } from '../autoencoder/code-body.js';
import type { BodyParts } from '../autoencoder/profile-generator.js';
import type { GanSettings } from './gan-settings.js';
import { NoiseBody } from './noise-body.js';

/**
 * What lies between the few items that are known and the activations that rank all of them. Every generator here may have
 * any body: it gets the sums of the profiles and the users, and from the profiles whatever else of them it reads.
 */
export type GeneratorBody = AutoencoderBody;

/** The body by the settings: one hidden layer, which noise enters where there is some. */
export function createGeneratorBody({ state }: BodyParts, { dimensions, noise }: GanSettings): GeneratorBody {
  return noise > 0 ? new NoiseBody(state, dimensions, noise) : new CodeBody(state, dimensions);
}
