import type { EngineName } from './engine.js';

/** What came of trying one engine. */
export interface ProbeResult {
  readonly name: EngineName;
  readonly available: boolean;
  readonly detail: string;
  readonly why?: string | undefined;
  readonly remedy?: string | undefined;
}

/** Begins the one line of a probe's output that carries its result; libraries may print around it. */
export const PROBE_MARK = 'kindred-engine-probe ';
