import type { Tensor } from '@tensorflow/tfjs';
import type { EngineName, EngineOptions, TensorFlow } from './engine.js';
import type { HostProduct } from './host-matrix.js';

/** What a driver hands over once its backend is the current one of TensorFlow.js. */
export interface LoadedBackend {
  readonly description: string;
  readonly tf: TensorFlow;
  /** What keeps it from being faster, where a missing part does, and the way out. */
  readonly limitation?: { readonly why: string; readonly remedy: string } | undefined;
  /** A way for products of host arrays that needs no tensors. */
  readonly hostProduct?: HostProduct;
  /** Whether reading a tensor makes a new array; some backends hand out the one that they keep. */
  readonly readsCopy: boolean;
  /** The numbers of a tensor where the backend keeps them, to be copied before its next operation. */
  readonly findView?: (tensor: Tensor) => ArrayBufferView | undefined;
  /** Gives back what this load brought; a second call does nothing. */
  release(): void;
}

/** A way to bring up one engine. */
export interface EngineDriver {
  readonly name: EngineName;
  /** Whether its native library could end the process, so that a child process has to try it first. */
  readonly tryInChild: boolean;
  /** A missing part that is plain to see without loading anything. */
  findObstacle(): DriverUnavailable | undefined;
  /** @throws DriverUnavailable */
  load(options: EngineOptions): Promise<LoadedBackend>;
}

/** An engine can't run here: why, and what would change that. */
export class DriverUnavailable extends Error {
  readonly why: string;
  readonly remedy: string;

  constructor(why: string, remedy: string, options?: { cause: unknown }) {
    super(`${why}. ${remedy}`, options);
    this.name = 'DriverUnavailable';
    this.why = why;
    this.remedy = remedy;
  }
}

/** The first line of whatever was thrown. */
export function faultLine(fault: unknown): string {
  const message = fault instanceof Error ? fault.message : String(fault);
  return (message.split('\n')[0] ?? '').trim().replace(/[.\s]+$/, '');
}
