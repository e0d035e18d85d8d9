import type { Disclosure } from './disclosure.js';
import type { Fidelity } from './fidelity.js';

/** What was measured of a synthetic log, in sentences for whoever is to share it. */
export function synthesisInWords(fidelity: Fidelity, disclosure: Disclosure): string[] {
  const { users, pairs, activityKs, popularityCorrelation, coOccurrenceCorrelation, coOccurrenceOfHalves } = fidelity;
  const { nearestRatio, copies, membershipAuc } = disclosure;
  return [
    `${users.synthetic} synthetic users with ${pairs.synthetic} items in all, for ${users.real} real ones with ${pairs.real}`,
    `items per user differ by ${activityKs.toFixed(2)} at most (0 is alike), popularity correlates by ${plain(popularityCorrelation)} (1 is alike)`,
    `what is had together correlates by ${plain(coOccurrenceCorrelation)}; two halves of the real users do by ${plain(coOccurrenceOfHalves)}`,
    `the nearest synthetic users are ${nearestRatio.toFixed(2)} times as far from a real one as unseen real users are, and ${(copies.synthetic * 100).toFixed(1)} % are exact copies`,
    `who was learned from can be told with an area under the curve of ${membershipAuc.toFixed(3)} (.5 is chance)`,
    verdictOf(disclosure),
  ];
}

function verdictOf({ verdict, failures }: Disclosure): string {
  const because = failures.join('; ');
  if (verdict === 'passed') return 'the disclosure test is passed';
  return `the disclosure test ${verdict === 'failed' ? 'is failed' : 'can not tell'}: ${because}`;
}

function plain(value: number | undefined): string {
  return value === undefined ? 'nothing that can be told' : value.toFixed(2);
}
