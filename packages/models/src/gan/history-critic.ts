import { type Engine, plainArena } from '@kindred/compute';
import type { Random, TrainingData } from '@kindred/domain';
import type { Tensor2D } from '@kindred/objectives';
import { Profiles } from '../autoencoder/profiles.js';
import type { HistoryCritic } from '../learned-method.js';
import { usersWithPositives } from '../users-with-positives.js';
import type { AdversarialGame } from './game.js';
import { addSegmentRows, type SegmentRule, segmentsOf } from './profile-segments.js';

/** What a discriminator has come to; arrays of its own. */
export interface CriticParts {
  readonly engine: Engine;
  readonly game: AdversarialGame;
  /** Q, [I, w] */
  readonly items: Float32Array;
  /** w */
  readonly width: number;
  /** Whether lengths are by items, see `Round.gram`. */
  readonly inItems: boolean;
  /** [inputs + 1, outputs] each, the bias as the last row. */
  readonly layers: readonly { readonly values: Float32Array; readonly outputs: number }[];
  /** Most items that are left of a history to be its condition. */
  readonly conditionItems: number;
  /** What it is told of segments, and F, [S, w], that each adds to the condition. */
  readonly segments?: { readonly rule: SegmentRule; readonly rows: Float32Array } | undefined;
}

/** Users that are scored at once. */
const BLOCK = 1024;

/** A discriminator that learns no more, asked about real histories as it was in training, those of people it never saw. */
export function createHistoryCritic(parts: CriticParts): HistoryCritic {
  return {
    conditional: parts.game.conditional,
    async score(histories: TrainingData, random: Random): Promise<Float64Array> {
      const scores = new Float64Array(histories.positives.rowCount).fill(Number.NaN);
      const profiles = new Profiles(histories, plainArena);
      const users = usersWithPositives(histories);
      for (let start = 0; start < users.length; start += BLOCK) {
        const block = users.subarray(start, start + BLOCK);
        const found = await scoreBlock(parts, profiles, block, random);
        block.forEach((user, row) => {
          scores[user] = found[row] as number;
        });
      }
      return scores;
    },
  };
}

/** [B] */
function scoreBlock(parts: CriticParts, profiles: Profiles, users: Uint32Array, random: Random): Promise<Float32Array> {
  const { engine, game, items, width, inItems, layers, conditionItems, segments } = parts;
  const rows = new Float32Array(users.length * width);
  profiles.sumWhole(users, items, width, rows);
  const few = new Float32Array(game.conditional ? rows.length : 0);
  if (game.conditional) {
    profiles.truncate(users, conditionItems, random);
    profiles.sumCorrupted(users, items, width, few);
    if (segments !== undefined) addSegmentRows(segments.rows, segmentsOf(segments.rule, profiles, users), width, few);
  }
  return engine.scope(async () => {
    const { tf } = engine;
    const matrix = (values: Float32Array, columns: number) =>
      tf.tensor2d(values, [values.length / columns, columns]) as Tensor2D;
    const seen = {
      rows: matrix(rows, width),
      condition: game.conditional ? matrix(few, width) : undefined,
      squares: () => tf.ones([users.length, 1]) as Tensor2D,
    };
    const gram = () => {
      const all = matrix(items, width);
      return tf.matMul(tf.transpose(all), all) as Tensor2D;
    };
    const weights = layers.map(({ values, outputs }) => matrix(values, outputs));
    return engine.read(game.realness(tf, seen, { gram: inItems ? gram : undefined, weights }));
  });
}
