import { KindredError, nearestName } from '@kindred/domain';
import { DriverUnavailable } from './driver.js';
import { getDriver } from './drivers.js';
import { ENGINE_NAMES, type Engine, type EngineName, type EngineOptions, type EngineReport } from './engine.js';
import { probeInChild } from './probe-in-child.js';
import type { ProbeResult } from './probe-result.js';
import { TfjsEngine } from './tfjs-engine.js';

/**
 * Loads an engine and makes it the active one of this process; `auto` takes the first of ENGINE_NAMES that loads.
 * @throws KindredError ENGINE_UNAVAILABLE with the way out; SETTING_UNKNOWN for a name that is not an engine's;
 *   CONFIG_INVALID for a number of threads that is not a whole number from 1 to 1024
 */
export async function loadEngine(request: 'auto' | EngineName, options: EngineOptions = {}): Promise<Engine> {
  checkOptions(options);
  if (request !== 'auto') return loadNamed(checkName(request), options);
  const refusals: string[] = [];
  for (const name of ENGINE_NAMES) {
    const driver = await getDriver(name);
    if (driver.tryInChild && !(await probeOnce(name)).available) continue;
    try {
      return new TfjsEngine(name, await driver.load(options));
    } catch (fault) {
      if (!(fault instanceof DriverUnavailable)) throw fault;
      refusals.push(`${name}: ${fault.message}`);
    }
  }
  throw new KindredError('ENGINE_UNAVAILABLE', `no engine loads: ${refusals.join('; ')}`, { field: 'engine' });
}

/** Tries every engine in a process of its own. The table of `kindred doctor`, in the order in which `auto` asks. */
export async function probeEngines(): Promise<EngineReport[]> {
  const results = await Promise.all(ENGINE_NAMES.map(probeInChild));
  const chosen = results.find(({ available }) => available)?.name;
  return results.map(({ name, available, detail, why, remedy }) => ({
    name,
    available,
    detail,
    ...(why === undefined ? {} : { why }),
    ...(remedy === undefined ? {} : { remedy }),
    chosenByAuto: name === chosen,
  }));
}

async function loadNamed(name: EngineName, options: EngineOptions): Promise<Engine> {
  const driver = await getDriver(name);
  if (driver.tryInChild) {
    const probe = await probeOnce(name);
    if (!probe.available) throw unavailable(name, probe.why ?? 'it does not load', probe.remedy);
  }
  try {
    return new TfjsEngine(name, await driver.load(options));
  } catch (fault) {
    if (!(fault instanceof DriverUnavailable)) throw fault;
    throw unavailable(name, fault.why, fault.remedy, fault);
  }
}

/** Results of engines that were tried by this process and worked; a failure is tried again. */
const working = new Map<EngineName, ProbeResult>();

async function probeOnce(name: EngineName): Promise<ProbeResult> {
  const known = working.get(name);
  if (known !== undefined) return known;
  const result = await probeInChild(name);
  if (result.available) working.set(name, result);
  return result;
}

function unavailable(name: EngineName, why: string, remedy: string | undefined, cause?: unknown): KindredError {
  const message = `${name}: ${why}${remedy === undefined ? '' : `. ${remedy}`}`;
  return new KindredError('ENGINE_UNAVAILABLE', message, { field: 'engine', cause });
}

function checkName(name: string): EngineName {
  const known = ENGINE_NAMES.find((candidate) => candidate === name);
  if (known !== undefined) return known;
  const names = ['auto', ...ENGINE_NAMES];
  const nearest = nearestName(name, names);
  const hint = nearest === undefined ? `the engines are ${names.join(', ')}` : `did you mean ${nearest}?`;
  throw new KindredError('SETTING_UNKNOWN', `there is no engine '${name}'; ${hint}`, { field: 'engine' });
}

function checkOptions({ threads }: EngineOptions): void {
  if (threads === undefined || (Number.isInteger(threads) && threads >= 1 && threads <= 1024)) return;
  throw new KindredError('CONFIG_INVALID', `threads is ${threads}; give a whole number from 1 to 1024`, {
    field: 'threads',
  });
}
