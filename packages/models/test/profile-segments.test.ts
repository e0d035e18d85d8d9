import { plainArena } from '@kindred/compute';
import { Random } from '@kindred/domain';
import { describe, expect, it } from 'vitest';
import { encodeLayers } from '../src/artefact/encode-layers.js';
import { CodeBody } from '../src/autoencoder/code-body.js';
import type { BodyParts } from '../src/autoencoder/profile-generator.js';
import { Profiles } from '../src/autoencoder/profiles.js';
import { findSegments, segmentRule, segmentsOf } from '../src/gan/profile-segments.js';
import { SegmentedBody } from '../src/gan/segmented-body.js';
import type { LayersEncoder } from '../src/index.js';
import { RunState } from '../src/run-state.js';
import { randomData, referenceEngine } from './learned-fixture.js';
import { plantedClusters } from './planted-clusters.js';

const WIDTH = 4;

async function ruleOf(parts: BodyParts, users: Uint32Array) {
  return segmentRule(parts, await findSegments(parts.profiles, parts.context.values, WIDTH, users, 3, 1));
}

describe('segments of profiles', () => {
  const { data, groupOfUser } = plantedClusters({ groups: 3, usersPerGroup: 12, itemsPerGroup: 8, held: 2, noise: 1 });
  const everybody = Uint32Array.from(groupOfUser.keys());
  /** Items of a group point nearly the same way. */
  const parts = () => {
    const random = new Random(1, 'context');
    const context = Float32Array.from(
      { length: 24 * WIDTH },
      (_, k) => (Math.floor(k / WIDTH / 8) === k % WIDTH ? 1 : 0) + 0.1 * random.normal(),
    );
    const state = new RunState(1, 'segments');
    return { state, profiles: new Profiles(data, plainArena), context: state.table('input', context, WIDTH) };
  };

  it('are the groups of users who take the same, and found again by a few of their items', async () => {
    const given = parts();
    const rule = await ruleOf(given, everybody);
    given.profiles.corrupt(everybody, 0, new Random(1, 'corruption'));
    const whole = segmentsOf(rule, given.profiles, everybody);
    const names = [0, 1, 2].map((group) => whole[groupOfUser.indexOf(group)]);
    expect(new Set(names).size).toBe(3);
    expect([...whole]).toEqual(Array.from(groupOfUser, (group) => names[group]));

    given.profiles.truncate(everybody, 3, new Random(1, 'truncation'));
    const few = segmentsOf(rule, given.profiles, everybody);
    const same = few.filter((segment, user) => segment === whole[user]).length;
    // One in seven items is another group’s, and alone it tells nothing else.
    expect(same / few.length).toBeGreaterThan(0.75);
  });

  it('are no more than there are different users', async () => {
    expect((await ruleOf(parts(), Uint32Array.of(4))).centres).toHaveLength(WIDTH);
  });
});

it('serves the activations that it was trained with, of a few items in no order', async () => {
  const data = randomData(9, 7, 'segments');
  const { tf } = await referenceEngine();
  const random = new Random(5, 'weights');
  const normals = (count: number) => Float32Array.from({ length: count }, () => random.normal());
  const state = new RunState(1, 'segments');
  const parts = {
    state,
    profiles: new Profiles(data, plainArena),
    context: state.table('input', normals(7 * WIDTH), WIDTH),
  };
  const users = Uint32Array.from({ length: 8 }, (_, user) => user);
  const body = new SegmentedBody(parts, await ruleOf(parts, users), new CodeBody(state, WIDTH));
  for (const { values } of body.layers) values.set(normals(values.length));
  parts.profiles.truncate(users, 2, random);
  const rows = new Float32Array(users.length * WIDTH);
  parts.profiles.sumCorrupted(users, parts.context.values, WIDTH, rows);
  const forward = body.prepare({ users, rows, positiveWeights: new Float32Array(8).fill(1), progress: 0 });
  const trained = tf.tidy(() => {
    const weights = body.layers.map(({ values, width }) => tf.tensor2d(values, [values.length / width, width]));
    return forward(tf, tf.tensor2d(rows, [users.length, WIDTH]), weights).hidden.arraySync();
  });
  const contextVectors = parts.context.values;
  const encoder: LayersEncoder = { kind: 'layers', contextVectors, ...body.served(), temperature: 1, priorWeight: 1 };
  const shifts = encoder.segments?.shifts as Float32Array;
  expect(shifts).toHaveLength(3 * WIDTH);
  users.forEach((user) => {
    const { kept, strengths } = parts.profiles.parts(user);
    const serve = (by: LayersEncoder) => [
      ...encodeLayers(by, kept, strengths, undefined, WIDTH + 1).subarray(0, WIDTH),
    ];
    expect(serve(encoder)).toEqual(trained[user]?.map((value) => expect.closeTo(value, 5)));
    const { segments: _, ...untold } = encoder;
    expect(serve(untold)).not.toEqual(serve(encoder));
  });
});
