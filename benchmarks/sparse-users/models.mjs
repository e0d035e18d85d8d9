// What the study trains: the two bases with their dials, and generators.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { columnDegrees } from '@kindred/domain';
import { BASELINES, createBaseline, isWithin, withServing } from '@kindred/models';
import { artefactRecommender, itemDistribution, loadArtefact, saveArtefact } from '@kindred/models/artefact';
import { chooseTraining, refit } from '@kindred/pipeline';
import { hashTrainingData } from '@kindred/training';
import { readMethodSpec } from '../method-spec.mjs';
import { withPseudoEntries } from './sparse-cohorts.mjs';

// Each dial has six values, as there are six augmentations of each source, so that no arm is tuned more than another. They
// reach from what the base has to where popularity alone ranks.
const EASE_LAMBDAS = [200, 1000, 5000, 50_000, 200_000, 1_000_000];
const KNN_SHRINKAGES = [0, 10, 30, 100, 300, 1000];
const SHRINKAGES = [0, 3, 10, 30, 100, 1000];
const ADDED_PRIORS = [0, 0.5, 1, 2, 5, 20];
const ADDED_POPULARITY = [0, 0.5, 1, 2, 5, 20];
const RANKER_PRIORS = [0, 0.25, 0.5, 1, 1.5, 2];

/**
 * @typedef {object} Trial
 * @property {string} label
 * @property {import('@kindred/domain').Recommender} recommender
 * @property {Augment} [augmented] where more can be added to it
 *
 * @typedef {(pseudoOf: (user: number) => object | undefined) => import('@kindred/domain').Recommender} Augment
 *
 * @typedef {object} Base
 * @property {string} name
 * @property {object} settings
 * @property {import('@kindred/domain').Recommender} plain
 * @property {Trial[]} tuned by how much short histories are regularised or shrunk
 * @property {Trial[]} withPopularity by how much popularity is added
 * @property {Augment} augmented
 * @property {Function} [refitted] the same, of a model that has learned from the pseudo-items too
 */

/** EASE where the catalogue allows it, else ItemKNN. @returns {Promise<Base>} */
export async function itemToItemBase(part, { seed, matmul }) {
  const { rowCount, columnCount } = part.data.positives;
  const isEase = isWithin(BASELINES.ease.limit, rowCount, columnCount);
  const [name, dial, values] = isEase ? ['ease', 'lambda', EASE_LAMBDAS] : ['itemknn', 'shrinkage', KNN_SHRINKAGES];
  const factory = createBaseline(name, { strengths: 'given' }, { matmul });
  const plain = await factory.fit(part.data, seed);
  const { settings } = factory;
  const tuned = [];
  for (const value of values) {
    const asked = createBaseline(name, { strengths: 'given', [dial]: value }, { matmul });
    const recommender = value === settings[dial] ? plain : await asked.fit(part.data, seed);
    tuned.push({
      label: `${dial} ${value}`,
      recommender,
      augmented: (pseudoOf) => withPseudoItems(recommender, pseudoOf),
    });
  }
  const popularity = standardised(
    Float32Array.from(columnDegrees(part.data.positives), (users) => Math.log(1 + users)),
  );
  return {
    name,
    settings,
    plain,
    tuned,
    withPopularity: ADDED_POPULARITY.map((b) => ({
      label: `popularity ${b}`,
      recommender: withAddedPopularity(plain, popularity, b),
    })),
    augmented: (pseudoOf) => withPseudoItems(plain, pseudoOf),
    refitted: async (pseudoOf) => {
      const { positives } = part.data;
      const { history } = withPseudoEntries(
        { history: positives, users: Uint32Array.from(positives.offsets.keys()).subarray(0, -1) },
        pseudoOf,
      );
      const data = { ...part.data, positives: history, weights: history.values, times: undefined };
      return withPseudoItems(await factory.fit(data, seed), pseudoOf);
    },
  };
}

function withPseudoItems(recommender, pseudoOf) {
  return {
    ...recommender,
    score: (batch, scores) => recommender.score(withPseudoEntries(batch, pseudoOf), scores),
  };
}

/** Both brought to mean 0 and deviation 1 over the items, so that one b fits every length of history. */
function withAddedPopularity(plain, popularity, b) {
  return {
    ...plain,
    async score(batch, scores) {
      await plain.score(batch, scores);
      for (let row = 0; row < batch.history.rowCount; row++) {
        const own = scores.subarray(row * plain.itemCount, (row + 1) * plain.itemCount);
        standardised(own).forEach((value, item) => {
          own[item] = value + b * popularity[item];
        });
      }
    },
  };
}

function standardised(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) || 1;
  return values.map((value) => (value - mean) / deviation);
}

/** What `kindred train` makes by default, with its probes, its prior, its trust and its union. @returns {Promise<Base>} */
export async function defaultBase(snapshot, part, method, { engine, seed, matmul, progress }) {
  const artefact = await trained(snapshot, part, { method, settings: {}, engine, seed, progress });
  const { priorWindowDays, priorStrength, shrinkage } = artefact.settings;
  const withChoice = (choice) =>
    withServing(artefact, part.data, { priorWindowDays, priorStrength, shrinkage, ...choice });
  const served = (choice) => artefactRecommender(withChoice(choice), { matmul });
  const augmentedBy = (model) => (pseudoOf) =>
    artefactRecommender(model, { matmul, pseudoItems: ({ users }, row) => pseudoOf(users[row]) });
  return {
    name: method,
    settings: { ...artefact.settings, joined: artefact.union?.name, share: artefact.union?.share },
    plain: artefactRecommender(artefact, { matmul }),
    tuned: SHRINKAGES.map((value) => ({
      label: `shrinkage ${value}`,
      recommender: served({ shrinkage: value }),
      augmented: augmentedBy(withChoice({ shrinkage: value })),
    })),
    withPopularity: ADDED_PRIORS.map((b) => ({
      label: `prior + ${b}`,
      recommender: served({ priorStrength: priorStrength + b }),
    })),
    augmented: augmentedBy(artefact),
  };
}

/**
 * @param {string} spec a method, with settings behind it where they are not the defaults: `conditional-gan:adversarialWeight=0`
 * @param {string} folder where it is kept: what lies there of the same data is not trained again
 */
export async function trainGenerator(spec, snapshot, part, { engine, seed, matmul, progress }, folder) {
  const { method, settings } = readMethodSpec(spec);
  const artefact = await keptOr(folder, await stampOf(snapshot, part), () =>
    trained(snapshot, part, { method, settings, engine, seed, progress }),
  );
  const { priorWindowDays = 0 } = artefact.settings;
  return {
    spec,
    settings: artefact.settings,
    plain: artefactRecommender(artefact, { matmul }),
    distributionOf: (items) => itemDistribution(artefact, items, new Float32Array(items.length).fill(1)),
    rankers: RANKER_PRIORS.map((priorStrength) => ({
      label: `prior ${priorStrength}`,
      recommender: artefactRecommender(
        withServing(artefact, part.data, { priorWindowDays, priorStrength, shrinkage: 0 }),
        { matmul },
      ),
    })),
  };
}

const STAMP = 'data.txt';

/** What lies in the folder with this stamp; else what is made, which then lies there. */
async function keptOr(folder, stamp, make) {
  const file = path.join(folder, STAMP);
  if (existsSync(file) && readFileSync(file, 'utf8') === stamp) return loadArtefact(folder);
  const artefact = await make();
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await saveArtefact(folder, artefact);
  writeFileSync(file, stamp); // Last: what has no stamp is not whole.
  return artefact;
}

async function stampOf(snapshot, part) {
  const select = await snapshot.part('select');
  return [select, part].map(({ data }) => `${hashTrainingData(data)}\n`).join('');
}

/** As `kindred train` does: open settings and epochs by validation, then all that there is. */
async function trained(snapshot, part, fit) {
  const chosen = await chooseTraining(await snapshot.part('select'), fit);
  return (await refit(part, fit, chosen)).artefact;
}

/** The same answer to everybody: how many have an item. */
export function popularityRecommender({ positives }) {
  const degrees = Float32Array.from(columnDegrees(positives));
  return {
    name: 'popularity',
    itemCount: degrees.length,
    async score({ history }, scores) {
      for (let row = 0; row < history.rowCount; row++) scores.set(degrees, row * degrees.length);
    },
  };
}
