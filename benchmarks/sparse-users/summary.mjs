// The study in tables: each arm on each set for each number of known items, beside the base.
import { fiveDecimals, mean } from '../measurements.mjs';
import { differencesOf } from './decision.mjs';

/** @param cells of one base, see `verdictOf` */
export function summaryOf(cells, { samples }) {
  return cells.map(({ set, known, seeds, arms }) => {
    const names = Object.keys(arms);
    const pairs = names.map((arm) => ({ arm, against: 'base' }));
    const found = differencesOf(arms, pairs, { samples, seed: 1 });
    const base = mean(arms.base.values);
    const figures = names.map((name, k) => {
      const { difference, interval } = found[k];
      const ndcg = mean(arms[name].values);
      const figure = {
        ndcg: fiveDecimals(ndcg),
        gain: fiveDecimals(ndcg / base - 1),
        difference: fiveDecimals(difference),
      };
      return [name, { kind: arms[name].kind, ...figure, interval: interval.map(fiveDecimals) }];
    });
    return { set, known, seeds, users: arms.base.values.length, arms: Object.fromEntries(figures) };
  });
}

/** One table for each base, then the verdicts in words. */
export function printFigures({ summary, verdicts }, runs) {
  for (const { set, method, seed, status, because } of runs) {
    if (status !== 'done') console.log(`${set}, ${method}, seed ${seed}: ${status} ${because ?? ''}`);
  }
  for (const [base, cells] of Object.entries(summary)) {
    console.log(
      `\nNDCG@20, base ${base}; in brackets relative to the base; * 95 % interval of the difference without 0`,
    );
    console.table(
      Object.fromEntries(
        cells.map(({ set, known, users, arms }) => [
          `${set}, ${known === 'warm' ? 'users of training' : `${known} known`} (${users})`,
          Object.fromEntries(Object.entries(arms).map(([name, arm]) => [name, inWords(arm)])),
        ]),
      ),
    );
  }
  for (const [base, { sentences }] of Object.entries(verdicts)) {
    console.log(`\nBase ${base}: ${sentences.join('\n  ')}`);
  }
}

function inWords({ ndcg, gain, interval: [low, high] }) {
  const mark = low > 0 || high < 0 ? ' *' : '';
  return `${ndcg.toFixed(4)} (${gain >= 0 ? '+' : ''}${(100 * gain).toFixed(1)} %${mark})`;
}
