import { KindredError } from '@kindred/domain';
import { type Kysely, type Selectable, sql } from 'kysely';
import type { Queryable, Tables } from '../open-database.js';
import { getModel } from './models-repository.js';
import { storableText, toMs } from './stored-value.js';

/** The channel on which the database tells that another model serves; the payload is its id. */
export const PROMOTION_CHANNEL = 'kindred_promotion';

/** The moment in which a model began to serve. */
export interface Promotion {
  readonly id: number;
  readonly modelId: string;
  readonly reason: string;
  /** What a rollback brings back. */
  readonly previousModelId: string | undefined;
  readonly promotedAtMs: number;
}

/**
 * Lets a model serve from now on, in one step: who reads the current promotion sees the old one or the
 * new one. Promotions wait for each other. A model that serves already is not promoted again.
 * @throws KindredError NOT_FOUND; MODEL_NOT_READY when it is not indexed
 */
export async function promoteModel(db: Kysely<Tables>, modelId: string, reason: string): Promise<Promotion> {
  return db.transaction().execute(async (trx) => {
    const current = await lockCurrent(trx);
    const model = await getModel(trx, modelId);
    if (model.status !== 'indexed') {
      throw new KindredError('MODEL_NOT_READY', `model ${modelId} is ${model.status}, not indexed`, {
        field: 'modelId',
      });
    }
    if (current?.model_id === modelId) return toPromotion(current);
    return append(trx, {
      model_id: modelId,
      reason: storableText(reason),
      previous_model_id: current?.model_id ?? null,
      previous_promotion_id: current?.id ?? null,
    });
  });
}

/**
 * Lets the model serve again that served before the current one. Rollbacks one after the other walk
 * further back; they never bring back what was rolled away.
 * @throws KindredError NO_MODEL when none serves, NOTHING_TO_ROLL_BACK when it is the first
 */
export async function rollBack(db: Kysely<Tables>, reason: string): Promise<Promotion> {
  return db.transaction().execute(async (trx) => {
    const current = await lockCurrent(trx);
    if (current === undefined) throw new KindredError('NO_MODEL', 'no model was ever promoted');
    if (current.previous_promotion_id === null) {
      throw new KindredError('NOTHING_TO_ROLL_BACK', `before model ${current.model_id} none has served`);
    }
    const target = await trx
      .selectFrom('promotions')
      .selectAll()
      .where('id', '=', current.previous_promotion_id)
      .executeTakeFirstOrThrow();
    return append(trx, {
      model_id: target.model_id,
      reason: storableText(reason),
      previous_model_id: target.previous_model_id,
      previous_promotion_id: target.previous_promotion_id,
    });
  });
}

/** The promotion of the model that serves; undefined before the first. */
export async function findCurrentPromotion(db: Queryable): Promise<Promotion | undefined> {
  const row = await newestRow(db);
  return row === undefined ? undefined : toPromotion(row);
}

/** Newest first. */
export async function listPromotions(db: Queryable, page: { readonly limit: number }): Promise<Promotion[]> {
  const rows = await db.selectFrom('promotions').selectAll().orderBy('id', 'desc').limit(page.limit).execute();
  return rows.map(toPromotion);
}

/** Tells all that listen; they hear it when the transaction commits. promoteModel and rollBack do so themselves. */
export async function notifyPromotion(db: Queryable, modelId: string): Promise<void> {
  await sql`SELECT pg_notify(${PROMOTION_CHANNEL}, ${modelId})`.execute(db);
}

type PromotionRow = Selectable<Tables['promotions']>;
type NewPromotionRow = Pick<PromotionRow, 'model_id' | 'reason' | 'previous_model_id' | 'previous_promotion_id'>;

/** Readers go on reading meanwhile; other promotions wait until this transaction is over. */
async function lockCurrent(trx: Queryable): Promise<PromotionRow | undefined> {
  await sql`LOCK TABLE kindred.promotions IN SHARE ROW EXCLUSIVE MODE`.execute(trx);
  return newestRow(trx);
}

function newestRow(db: Queryable): Promise<PromotionRow | undefined> {
  return db.selectFrom('promotions').selectAll().orderBy('id', 'desc').limit(1).executeTakeFirst();
}

async function append(trx: Queryable, promotion: NewPromotionRow): Promise<Promotion> {
  const row = await trx.insertInto('promotions').values(promotion).returningAll().executeTakeFirstOrThrow();
  await notifyPromotion(trx, row.model_id);
  return toPromotion(row);
}

function toPromotion(row: PromotionRow): Promotion {
  return {
    id: row.id,
    modelId: row.model_id,
    reason: row.reason,
    previousModelId: row.previous_model_id ?? undefined,
    promotedAtMs: toMs(row.promoted_at),
  };
}
