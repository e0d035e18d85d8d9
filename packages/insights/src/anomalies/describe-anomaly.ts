import type { Anomaly, Signal } from './find-anomalies.js';

type Found = Anomaly['signals'][number];

/** One sentence for people: what the user did, and how few of comparable ones do. */
export function describeAnomaly({ signals }: Anomaly, items: number): string {
  const reasons = signals.map((signal) => WORDS[signal.name](signal));
  const own = items === 1 ? '1 item' : `${items} items`;
  return [own, ...(reasons.length > 0 ? reasons : ['somewhat unusual in everything'])].join('; ');
}

const WORDS: Readonly<Record<Signal, (found: Found) => string>> = {
  error: ({ shareBelow }) => `${percent(shareBelow)} of comparable users are better explained by what others do`,
  unrelatedness: ({ shareBelow }) =>
    `the items say less of each other than those of ${percent(shareBelow)} of comparable users`,
  implausibility: ({ shareBelow }) =>
    `${percent(shareBelow)} of comparable users look more like what people have to a discriminator`,
  eventsPerHour: ({ value, shareBelow }) =>
    `${value} events within an hour, more than ${percent(shareBelow)} of comparable users`,
  catalogueShare: ({ value, shareBelow }) =>
    `${percent(value)} of the catalogue, more than ${percent(shareBelow)} of all users`,
  equalGaps: ({ value, shareBelow }) =>
    `${value} equal gaps in a row, more than ${percent(shareBelow)} of comparable users`,
  repeatShare: ({ value, shareBelow }) =>
    `${percent(value)} of the events repeat an item, more than for ${percent(shareBelow)} of comparable users`,
};

/** Never rounded up to all. */
function percent(share: number): string {
  const value = share * 100;
  return `${value >= 99 ? Math.floor(value * 10) / 10 : Math.round(value)} %`;
}
