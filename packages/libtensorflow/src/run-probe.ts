import { createRequire } from 'node:module';
import { TensorflowSetupError } from './errors.js';
import { describeOutcome, type Environment, runProcess } from './processes.js';
import type { Device } from './releases.js';
import type { TfjsPackage } from './tfjs-package.js';

/** What TensorFlow said of itself in the child process. `device`: where it would put its operations. */
export interface Probed {
  readonly tensorflow: string;
  readonly device: Device;
}

export interface ProbeOptions {
  readonly env: Environment;
  /** An addon to try in place of the one that the package holds. */
  readonly addon?: string;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
}

const MEANINGS: Partial<Record<NodeJS.Signals, string>> = {
  SIGBUS: 'a file is cut short',
  SIGILL: 'this library needs a processor with other instructions (AVX)',
  SIGKILL: 'it took too long or too much memory',
  SIGTERM: 'it took too long',
};

/** Loads the package in a child process and computes with it there. Throws PROBE_FAILED with what the child said. */
export async function runProbe(tfjs: TfjsPackage, options: ProbeOptions): Promise<Probed> {
  const probe = createRequire(import.meta.url).resolve('@kindred/libtensorflow/probe');
  const outcome = await runProcess(
    process.execPath,
    [probe, tfjs.directory, ...(options.addon === undefined ? [] : [options.addon])],
    {
      env: { ...options.env, TF_CPP_MIN_LOG_LEVEL: '2' },
      signal: options.signal,
      timeoutMs: options.timeoutMs ?? 120_000,
    },
  );
  if (outcome.exitCode === 0) {
    try {
      return JSON.parse(outcome.stdout.trim().split('\n').at(-1) ?? '') as Probed;
    } catch {
      // Falls through: a child that ends well without its line did not do its work.
    }
  }
  const meaning = outcome.signal === undefined ? undefined : MEANINGS[outcome.signal];
  throw new TensorflowSetupError(
    'PROBE_FAILED',
    `${meaning === undefined ? '' : `${meaning}: `}${summary(outcome.stderr) ?? describeOutcome(outcome)}`,
  );
}

/** The one line of a Node stack trace that names the error. */
function summary(stderr: string): string | undefined {
  return stderr.split('\n').find((line) => /^\w*Error\b.*: /.test(line));
}
