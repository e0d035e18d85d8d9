import { type Event, KindredError } from '@kindred/domain';

/** 4713 BC, where the calendar of Postgres begins; where JavaScript's ends lies before where Postgres' ends. */
const EARLIEST_MS = -210_866_803_200_000;
const LATEST_MS = 8_640_000_000_000_000;

/**
 * Ids are kept exactly as given or not at all, so what Postgres can not hold is refused here, in words,
 * where it would else be a fault of the database. Importers and the API refuse such events before.
 * @throws KindredError EVENT_INVALID, TIME_INVALID
 */
export function requireStorable(event: Event): void {
  if (hasNul(event.id) || hasNul(event.userId) || hasNul(event.itemId) || hasNul(event.type)) {
    throw new KindredError(
      'EVENT_INVALID',
      `event ${JSON.stringify(event.id)} holds NUL in its id, user, item or type`,
    );
  }
  const { timeMs } = event;
  if (timeMs !== undefined && !(timeMs >= EARLIEST_MS && timeMs <= LATEST_MS)) {
    throw new KindredError('TIME_INVALID', `event ${JSON.stringify(event.id)} has the time ${timeMs}`, {
      field: 'time',
    });
  }
}

function hasNul(text: string): boolean {
  return text.includes('\0');
}
