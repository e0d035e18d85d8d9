import type { GenerationHealth } from '@kindred/models';

/** How well the tables of vectors use their space; see `inspectTables`. */
export interface TableHealth {
  /** Mean cosine of pairs of items: near 1, all items look alike. */
  readonly meanCosine: number;
  /** Participation ratio of the items' directions: how many dimensions they really spread over. */
  readonly effectiveDimensions: number;
}

/** One epoch of the learning curve. */
export interface CurvePoint extends TableHealth {
  /** Counted from 1. */
  readonly epoch: number;
  /** Mean over the epoch's steps. */
  readonly loss: number;
  /** NDCG@20 on the validation users; undefined without validation, and after epochs that are not validated. */
  readonly validationNdcg?: number | undefined;
  /** Its standard error over those users. */
  readonly validationError?: number | undefined;
  /** What is generated, by methods that are trained against another side. */
  readonly generation?: GenerationHealth | undefined;
  /** Since the start of training, earlier parts included. */
  readonly seconds: number;
}

export type Progress =
  | {
      readonly kind: 'step';
      readonly epoch: number;
      readonly step: number;
      readonly steps: number;
      readonly loss: number;
    }
  | (CurvePoint & { readonly kind: 'epoch'; readonly epochs: number; readonly isBest: boolean });
