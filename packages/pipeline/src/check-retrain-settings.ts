import { KindredError } from '@kindred/domain';
import { parseRunSettings } from './run-settings.js';

/** What names the snapshot or model of some other run. A scheduled run makes its own, and evaluates that. */
const OF_OTHER_RUNS = ['snapshotId', 'modelId', 'againstModelId'];

/**
 * Checks the settings of scheduled runs before anything starts: those of any whole run, less what stands for one night.
 * @param givenBy the flag or variable that holds them, as the error names it
 * @throws KindredError SETTING_UNKNOWN, CONFIG_INVALID, METHOD_UNKNOWN naming the setting at fault
 */
export function checkRetrainSettings(settings: Readonly<Record<string, unknown>>, givenBy: string): void {
  const fixed = OF_OTHER_RUNS.find((name) => Object.hasOwn(settings, name));
  if (fixed !== undefined) {
    const fault = `${givenBy}: ${fixed} can not be set here; every scheduled run makes a snapshot and a model of its own`;
    throw new KindredError('CONFIG_INVALID', fault, { field: givenBy });
  }
  try {
    parseRunSettings(settings);
  } catch (error) {
    if (!(error instanceof KindredError)) throw error;
    throw new KindredError(error.code, `${givenBy}: ${error.message}`, { field: givenBy, cause: error });
  }
}
