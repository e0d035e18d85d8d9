import type { ReportMethod } from '@kindred/evaluation';
import type { ModelArtefact } from '@kindred/models/artefact';
import type { SnapshotPart } from '@kindred/pairs';
import type { CurvePoint } from '@kindred/training';
import { sampleSheets, type TitlesOf } from './sample-sheets.js';

/** A learning curve in the words of the report. */
export function reportCurve(curve: readonly CurvePoint[]): NonNullable<ReportMethod['curve']> {
  return curve.map(({ epoch, loss, validationNdcg, generation }) => ({
    epoch,
    loss,
    validation: validationNdcg,
    generation,
  }));
}

/**
 * The model that says which items join short histories, as the report shows it: how its training went and what it makes.
 * @param curve of its training
 * @returns undefined where the artefact has none
 */
export async function reportGenerator(
  { augmentation }: ModelArtefact,
  curve: readonly CurvePoint[],
  part: Pick<SnapshotPart, 'data' | 'heldOut' | 'items'>,
  titlesOf: TitlesOf,
): Promise<ReportMethod['generator']> {
  if (augmentation?.source.kind !== 'generated') return undefined;
  const { generator } = augmentation.source;
  const samples = await sampleSheets(generator, part, titlesOf);
  return { name: generator.method, curve: reportCurve(curve), samples };
}
