import { rowDegrees, rowEntries, type SparseMatrix } from '@kindred/domain';
import { ENOUGH_ITEMS, generatedItems, type ModelArtefact, pseudoWeight } from '../artefact/index.js';
import { dae } from '../autoencoder/dae.js';
import { multVae } from '../autoencoder/mult-vae.js';
import { SparseRowsBuilder } from '../baselines/sparse-rows-builder.js';
import { settingsForFewItems } from '../few-items.js';
import { conditionalGan } from '../gan/conditional-gan.js';
import type { LearnedMethod, MethodContext } from '../learned-method.js';
import { resolveSettings } from '../settings.js';
import type { ViewGenerator, ViewSettings } from './view-settings.js';

const METHODS: Readonly<Record<ViewGenerator, LearnedMethod | undefined>> = {
  off: undefined,
  dae,
  'mult-vae': multVae,
  'conditional-gan': conditionalGan,
};

/**
 * What a generator, trained on the same pairs to complete a few items, expects of the users with few items: those that make
 * their history longer in the second view.
 * @returns [U, I]: of each user with fewer than 8 items the most likely others, valued by the chance with which each stands
 *   in a view (`pseudoWeight`); undefined where no generator is asked for or nobody has so few
 */
export async function generatedOfSparseUsers(
  context: MethodContext,
  { generator, generatedCount, generatedWeight }: ViewSettings,
): Promise<SparseMatrix | undefined> {
  const method = METHODS[generator];
  const { positives } = context.data;
  const degrees = rowDegrees(positives);
  if (method === undefined || !degrees.some((degree) => degree > 0 && degree < ENOUGH_ITEMS)) return undefined;
  const trained = await trainedGenerator(context, method);
  const rows = new SparseRowsBuilder(positives.columnCount);
  degrees.forEach((degree, user) => {
    const weight = pseudoWeight(generatedWeight, degree);
    const items =
      weight > 0 ? generatedItems(trained, ...rowEntries(positives, user), generatedCount) : new Uint32Array(0);
    rows.push(items, () => weight);
  });
  return rows.build();
}

/** The whole schedule of a generator. */
async function trainedGenerator(context: MethodContext, method: LearnedMethod): Promise<ModelArtefact> {
  const settings = resolveSettings(method.settings, settingsForFewItems(method.name));
  const run = await method.prepare({ ...context, settings });
  for (let step = 0; step < run.plannedEpochs * run.stepsPerEpoch; step++) await run.step();
  const { rowCount, columnCount } = context.data.positives;
  const numbered = (count: number) => Array.from({ length: count }, (_, place) => String(place));
  return run.artefact({ users: numbered(rowCount), items: numbered(columnCount) });
}
