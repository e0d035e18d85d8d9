// What the rules behind settings left at `auto` say of data.
import { getMethod, resolveSettings } from '@kindred/models';
import { contenderOf } from './contenders.mjs';

/** No rule looks at these; small, they make a training that is only prepared cheap. */
const SMALL = { dimensions: 2, startIterations: 1 };

/** @returns {string[]} names of a contender's settings that are `auto` where nothing is given */
export function openSettings(contender) {
  const { defaults, isLearned } = contenderOf(contender);
  return isLearned ? Object.keys(defaults).filter((name) => defaults[name] === 'auto') : [];
}

/**
 * @param {string} contender
 * @param {import('@kindred/pairs').SnapshotPart} part
 * @returns {Promise<Record<string, number | string>>} each open setting, without those that probes decide
 */
export async function ruledSettings(contender, { data, items }, engine) {
  const { method: name, settings: given, defaults } = contenderOf(contender);
  const method = getMethod(name);
  const small = Object.entries(SMALL).filter(([setting]) => setting in defaults);
  const settings = resolveSettings(method.settings, { ...given, ...Object.fromEntries(small) });
  const run = await method.prepare({ data, itemTexts: items, settings, engine, seed: 1 });
  const probed = [
    ...(method.probing?.stages(data) ?? []).map(({ setting }) => setting),
    ...Object.keys(method.probing?.serving ?? {}),
  ];
  const ruled = openSettings(contender).filter((setting) => setting in run.settings && !probed.includes(setting));
  return Object.fromEntries(ruled.map((setting) => [setting, run.settings[setting]]));
}
