export { assertNoLeak } from './assert-no-leak.js';
export {
  collectEvents,
  type EventLog,
  type EventSets,
  type EventSource,
  SET_NAMES,
  TEST,
  TRAIN,
  UNTIMED,
  VALIDATION,
} from './event-log.js';
export type { NewUser } from './held-out.js';
export { createExplicitSampler } from './negatives/explicit-sampler.js';
export {
  createInBatchSampler,
  falseNegatives,
  type InBatchSampler,
  logBatchFrequency,
  ownedItems,
} from './negatives/in-batch-sampler.js';
export { createMixtureSampler, type MixtureComponent } from './negatives/mixture-sampler.js';
export { hasNegatives, type NegativeSampler, type ProposalSampler } from './negatives/negative-sampler.js';
export { createPopularitySampler, DEFAULT_POPULARITY_EXPONENT } from './negatives/popularity-sampler.js';
export { sharedNegatives } from './negatives/shared-negatives.js';
export { createSharedProposal, type SharedProposal } from './negatives/shared-proposal.js';
export { createUniformSampler } from './negatives/uniform-sampler.js';
export {
  DEFAULT_PAIR_SETTINGS,
  type Extent,
  type PairSettings,
  type PairSettingsInput,
  type RatingSettings,
  resolvePairSettings,
  type SplitSettings,
} from './settings.js';
export { buildSnapshotInMemory, type Snapshot, type SnapshotInMemory, type SnapshotSummary } from './snapshot.js';
export {
  createSnapshot,
  type PartCounts,
  readSnapshot,
  type SnapshotFile,
  type SnapshotManifest,
  type StoredSnapshot,
} from './snapshot-files.js';
export { PART_NAMES, type PartName, type PartStatistics, type SnapshotPart, trainsOn } from './snapshot-part.js';
export type { SplitSummary } from './split.js';
export { type TestShareDispersion, testShareDispersion } from './split-dispersion.js';
export { interactionsOfUser, type UserInteraction } from './user-interactions.js';
export { anyOfViews, composeViews } from './views/compose-views.js';
export { crop, newest } from './views/crop.js';
export { featureNoise } from './views/feature-noise.js';
export { entriesAt, type History, remainder, trainHistory, type View } from './views/history.js';
export { itemDropout } from './views/item-dropout.js';
export { mask } from './views/mask.js';
export { reorder } from './views/reorder.js';
export { type ItemNeighbours, substitute } from './views/substitute.js';
export { dataWithoutUsers, withoutUsers } from './without-users.js';
