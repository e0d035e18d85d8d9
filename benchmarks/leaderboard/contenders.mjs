// What runs in the leaderboard: every method and baseline by its name, and two-tower once for each of its objectives.
import { BASELINES, getBaseline, getMethod, METHODS } from '@kindred/models';

const OF_OBJECTIVES = 'two-tower';

/** Names as `--methods` takes them: `ease`, `two-tower:bsl`. @returns {string[]} */
export function allContenders() {
  const learned = Object.keys(METHODS).flatMap((name) =>
    name === OF_OBJECTIVES ? objectives().map((objective) => `${name}:${objective}`) : [name],
  );
  return [...learned, ...Object.keys(BASELINES)];
}

/**
 * @param {string} name of a method, with the objective behind a colon where it has several
 * @returns {{method: string, settings: Readonly<Record<string, string>>, isLearned: boolean, defaults: object}}
 * @throws KindredError METHOD_UNKNOWN
 */
export function contenderOf(name) {
  const [method, objective] = name.split(':');
  const isLearned = Object.hasOwn(METHODS, method);
  const declared = (isLearned ? getMethod(method) : getBaseline(method)).settings;
  const defaults = Object.fromEntries(declared.map((setting) => [setting.name, setting.default]));
  return { method, isLearned, defaults, settings: objective === undefined ? {} : { objective } };
}

function objectives() {
  return getMethod(OF_OBJECTIVES).settings.find(({ name }) => name === 'objective').choices;
}
