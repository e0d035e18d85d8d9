/** The stages of a run, in the order in which data flows. */
export const RUN_STAGES = ['pair', 'train', 'evaluate', 'index', 'promote'] as const;
export type RunStage = (typeof RUN_STAGES)[number];

/** Whether the stages stand once each and in flow order; some may be left out. */
export function inFlowOrder(stages: readonly RunStage[]): boolean {
  const positions = stages.map((stage) => RUN_STAGES.indexOf(stage));
  return positions.every((position, k) => k === 0 || position > (positions[k - 1] as number));
}
