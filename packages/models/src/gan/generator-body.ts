import type { AutoencoderBody } from '../autoencoder/autoencoder-body.js';
import { CodeBody } from '../autoencoder/code-body.js';
import type { BodyParts } from '../autoencoder/profile-generator.js';
import { ConvBody } from './conv-body.js';
import type { GanSettings } from './gan-settings.js';
import { NoiseBody } from './noise-body.js';
import type { SegmentRule } from './profile-segments.js';
import { SegmentedBody } from './segmented-body.js';
import { StyleBody } from './style-body.js';

/**
 * What lies between the few items that are known and the activations that rank all of them. Every generator here may have
 * any body: it gets the users and the sums of their profiles, or what it reads of these instead.
 */
export type GeneratorBody = AutoencoderBody;

/**
 * The body by the settings: one hidden layer, which noise enters where there is some, of the sum or of what convolutions make
 * of the order, or two layers that a style shapes.
 * @param segments absent: no body is told any
 */
export function createGeneratorBody(parts: BodyParts, settings: GanSettings, segments?: SegmentRule): GeneratorBody {
  const { body, dimensions, noise, conditionItems } = settings;
  const { state } = parts;
  const told = (inner: GeneratorBody) => (segments === undefined ? inner : new SegmentedBody(parts, segments, inner));
  if (body === 'style') return told(new StyleBody(state, dimensions, settings));
  const dense = told(noise > 0 ? new NoiseBody(state, dimensions, noise) : new CodeBody(state, dimensions));
  return body === 'conv' ? new ConvBody(parts, dimensions, conditionItems, dense) : dense;
}
