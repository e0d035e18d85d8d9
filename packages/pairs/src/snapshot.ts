import { createHash } from 'node:crypto';
import type { ItemId, UserId } from '@kindred/domain';
import { collectEvents, type EventLog, type EventSets, type EventSource, isEventSets, SET_NAMES } from './event-log.js';
import { type PairSettings, type PairSettingsInput, resolvePairSettings } from './settings.js';
import { type BuiltPart, buildPart, type PartName, type SnapshotPart, timeOrUndefined } from './snapshot-part.js';
import { divideLog, type SplitSummary } from './split.js';
import { assertSplitSound } from './split-soundness.js';

/** Format of the files; raised when their columns or meaning change. */
export const SNAPSHOT_FORMAT_VERSION = 1;

/** What a snapshot is, without its parts. */
export interface SnapshotSummary {
  /** 24 hexadecimal digits: SHA-256 of the content, settings, split and format version. */
  readonly snapshotId: string;
  readonly formatVersion: number;
  readonly settings: PairSettings;
  readonly split: SplitSummary;
  readonly counts: {
    readonly events: number;
    readonly users: number;
    readonly items: number;
    readonly eventsByType: Readonly<Record<string, number>>;
    readonly eventsBySet: Readonly<Record<(typeof SET_NAMES)[number], number>>;
  };
  /** Oldest and newest event (UTC, ISO 8601); undefined where the log has no times. */
  readonly timeRange: { readonly from: string; readonly to: string } | undefined;
  /** SHA-256 of the divided events. */
  readonly contentSha256: string;
}

/** An immutable set of pairs with a split. */
export interface Snapshot {
  readonly summary: SnapshotSummary;
  /** Built or loaded at the first call, then kept. */
  part(name: PartName): Promise<SnapshotPart>;
  /** The divided events behind the parts. */
  events(): Promise<EventLog>;
}

/** A log after the split, with everything that the parts are built from. */
export interface DividedLog {
  readonly log: EventLog;
  readonly summary: SnapshotSummary;
}

/**
 * Events in, divided log out: the step that every snapshot begins with. Settings left out are the defaults; sets of
 * events handed in (train, test) make a `given` split without saying so.
 * @throws KindredError SETTING_UNKNOWN, CONFIG_INVALID, DATA_EMPTY, SPLIT_INVALID, SPLIT_LEAK (a given test event
 *   that stands in train too), TIME_MISSING
 */
export async function divideEvents(
  source: EventSource | EventSets,
  input: PairSettingsInput = {},
): Promise<DividedLog> {
  const given = isEventSets(source);
  const withKind =
    given && input.split?.kind === undefined ? { ...input, split: { ...input.split, kind: 'given' as const } } : input;
  const settings = resolvePairSettings(withKind);
  const log = await collectEvents(source);
  const split = divideLog(log, settings, given);
  assertSplitSound(log, split, settings);
  return { log, summary: summarize(log, settings, split) };
}

/** A snapshot that also tells the held-out pairs by name, those among them that training does not know. */
export interface SnapshotInMemory extends Snapshot {
  /** Ascending by user, then by item; none where nothing is held out. */
  heldOutIds(name: PartName): readonly (readonly [userId: UserId, itemId: ItemId])[];
}

/** A snapshot without files, for a benchmark: parts are built when they are asked for. */
export async function buildSnapshotInMemory(
  source: EventSource | EventSets,
  input: PairSettingsInput = {},
): Promise<SnapshotInMemory> {
  const { log, summary } = await divideEvents(source, input);
  const parts = new Map<PartName, BuiltPart>();
  const built = (name: PartName): BuiltPart => {
    const part = parts.get(name) ?? buildPart(log, summary.settings, name);
    parts.set(name, part);
    return part;
  };
  return {
    summary,
    events: async () => log,
    part: async (name) => built(name).part,
    heldOutIds: (name) => {
      const { user, item } = built(name).heldOutPairs ?? { user: [], item: [] };
      return Array.from(user, (u, k) => [log.users[u] as UserId, log.items[item[k] as number] as ItemId] as const);
    },
  };
}

/** The id that the summary's own content gives. */
export function snapshotIdOf(summary: Omit<SnapshotSummary, 'snapshotId'>): string {
  const { formatVersion, settings, split, contentSha256 } = summary;
  const identity = JSON.stringify({ formatVersion, settings, split, contentSha256 });
  return createHash('sha256').update(identity).digest('hex').slice(0, 24);
}

function summarize(log: EventLog, settings: PairSettings, split: SplitSummary): SnapshotSummary {
  const byType = new Float64Array(log.types.length);
  for (const type of log.type) byType[type] = (byType[type] as number) + 1;
  const bySet = new Float64Array(SET_NAMES.length);
  for (const set of log.set) bySet[set] = (bySet[set] as number) + 1;
  const rest = {
    formatVersion: SNAPSHOT_FORMAT_VERSION,
    settings,
    split,
    counts: {
      events: log.user.length,
      users: log.users.length,
      items: log.items.length,
      eventsByType: Object.fromEntries(log.types.map((type, k) => [type, byType[k] as number])),
      eventsBySet: { train: bySet[0] as number, validation: bySet[1] as number, test: bySet[2] as number },
    },
    timeRange: timeRangeOf(log),
    contentSha256: hashLog(log),
  };
  return { snapshotId: snapshotIdOf(rest), ...rest };
}

/** From the oldest to the newest event that has a time. */
function timeRangeOf(log: EventLog): SnapshotSummary['timeRange'] {
  let newest = log.time.length - 1;
  while (newest >= 0 && timeOrUndefined(log.time[newest] as number) === undefined) newest -= 1;
  if (newest < 0) return undefined;
  const iso = (row: number) => new Date(log.time[row] as number).toISOString();
  return { from: iso(0), to: iso(newest) };
}

function hashLog(log: EventLog): string {
  const hash = createHash('sha256');
  for (const names of [log.users, log.items, log.types]) {
    hash.update(JSON.stringify(names.length));
    for (const name of names) hash.update(`\n${name}`);
  }
  for (const column of [log.user, log.item, log.type, log.time, log.value, log.set]) {
    hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
  }
  return hash.digest('hex');
}
