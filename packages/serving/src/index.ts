export {
  directionOf,
  type HistoryEntry,
  positionsOf,
  type Recommendations,
  type RecommendRequest,
  recommend,
  type ScoredItem,
  type Shortfall,
  similarItems,
  similarUsers,
} from './recommend.js';
export { assemble, ITEM_INDEX_FOLDER, loadServingModel, type ServingModel } from './serving-model.js';
export { buildUserDirectory, openUserDirectory, type UserDirectory } from './user-directory.js';
