import { emptyMatrix, type LogColumns, matrixFromTriples, type SparseMatrix, type TrainingData } from '@kindred/domain';

/** A user's events with one item, oldest first. */
export interface LogPair {
  readonly user: number;
  readonly item: number;
  /** Positions of the events. */
  readonly events: readonly number[];
}

/** Who has had what, whatever was done: by user, then by first event. */
export function pairsOf(log: LogColumns): LogPair[] {
  const ofUser = log.users.map(() => new Map<number, number[]>());
  log.user.forEach((user, event) => {
    const own = ofUser[user] as Map<number, number[]>;
    const item = log.item[event] as number;
    const events = own.get(item);
    if (events === undefined) own.set(item, [event]);
    else events.push(event);
  });
  return ofUser.flatMap((own, user) => [...own].map(([item, events]) => ({ user, item, events })));
}

/** [U, I]: 1 where a user has had an item. */
export function incidence(log: LogColumns): SparseMatrix {
  return trainingDataOf(log).positives;
}

/** All that was had, as positives of strength 1, so that any method can be fitted to it. */
export function trainingDataOf(log: LogColumns): TrainingData {
  const pairs = pairsOf(log);
  const order = new Uint32Array(pairs.length);
  const positives = matrixFromTriples(
    log.users.length,
    log.items.length,
    Uint32Array.from(pairs, ({ user }) => user),
    Uint32Array.from(pairs, ({ item }) => item),
    new Float32Array(pairs.length).fill(1),
    order,
  );
  const newest = pairs.map(({ events }) => log.time[events.at(-1) as number] as number);
  const isTimed = newest.every(Number.isFinite);
  return {
    positives,
    weights: new Float32Array(pairs.length).fill(1),
    times: isTimed ? Float64Array.from(order, (pair) => newest[pair] as number) : undefined,
    negatives: emptyMatrix(log.users.length, log.items.length),
    endTimeMs: isTimed ? newest.reduce((most, time) => Math.max(most, time), 0) : undefined,
  };
}

/** The log of some users, numbered anew in the order given; the items stay as they are. */
export function logOfUsers(log: LogColumns, users: Uint32Array): LogColumns {
  const places = new Map([...users].map((user, place) => [user, place]));
  const events = Uint32Array.from(log.user.keys()).filter((event) => places.has(log.user[event] as number));
  return {
    ...eventsOf(log, events),
    users: [...users].map((user) => log.users[user] as string),
    user: events.map((event) => places.get(log.user[event] as number) as number),
  };
}

/** Some events of a log, in the order given. */
export function eventsOf(log: LogColumns, events: Uint32Array): LogColumns {
  return {
    ...log,
    user: events.map((event) => log.user[event] as number),
    item: events.map((event) => log.item[event] as number),
    type: Uint16Array.from(events, (event) => log.type[event] as number),
    time: Float64Array.from(events, (event) => log.time[event] as number),
    value: Float64Array.from(events, (event) => log.value[event] as number),
  };
}
