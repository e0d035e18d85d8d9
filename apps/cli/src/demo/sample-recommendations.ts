import { setTimeout as sleep } from 'node:timers/promises';
import type { RecommendationsResponse } from '@kindred/api-schema';
import { KindredError } from '@kindred/domain';
import { sampleUsers } from '@kindred/pipeline';
import type { StorageSession } from '../session.js';

/** What the API recommends to one user. */
export interface SampleRecommendation {
  readonly userId: string;
  readonly items: readonly { readonly itemId: string; readonly title: string | null; readonly score: number }[];
}

const USERS = 3;
const ITEMS = 5;
const READY_TRIES = 100;
const READY_POLL_MS = 100;

/** Asks the running API, as a shop would, for a few users spread over the log. */
export async function sampleRecommendations(
  url: string,
  snapshotId: string,
  session: StorageSession,
): Promise<SampleRecommendation[]> {
  await untilReady(url);
  const users = await sampleUsers(session.storage.database, snapshotId, USERS);
  return Promise.all(
    users.map(async (userId) => {
      const answer = await fetch(`${url}/v1/users/${encodeURIComponent(userId)}/recommendations?limit=${ITEMS}`);
      if (!answer.ok) throw new KindredError('INTERNAL', `the API answered ${answer.status}: ${await answer.text()}`);
      const { items } = (await answer.json()) as RecommendationsResponse;
      return { userId, items: items.map(({ itemId, title, score }) => ({ itemId, title: title ?? null, score })) };
    }),
  );
}

/** The model was promoted in another process: the API hears of it a moment later. */
async function untilReady(url: string): Promise<void> {
  for (let attempt = 0; attempt < READY_TRIES; attempt++) {
    if ((await fetch(`${url}/health/ready`)).ok) return;
    await sleep(READY_POLL_MS);
  }
  throw new KindredError('NO_MODEL', 'the API did not load the promoted model');
}
