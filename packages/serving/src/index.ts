export {
  describeSegments,
  namingItems,
  type SegmentProfile,
  segmentName,
} from './describe-segments.js';
export type { HistoryEntry } from './known-history.js';
export {
  directionOf,
  positionsOf,
  type Recommendations,
  type RecommendRequest,
  recommend,
  type Shortfall,
  segmentOfHistory,
  similarItems,
  similarUsers,
} from './recommend.js';
export type { ScoredItem } from './scored-item.js';
export { writeSegments } from './segment-file.js';
export { assemble, ITEM_INDEX_FOLDER, loadServingModel, type ServingModel } from './serving-model.js';
export { placeText, type TextItems } from './text-items.js';
export { buildUserDirectory, openUserDirectory, type UserDirectory } from './user-directory.js';
