import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { faultLine } from './driver.js';
import { getDriver } from './drivers.js';
import type { EngineName } from './engine.js';
import { PROBE_MARK, type ProbeResult } from './probe-result.js';

/** Native TensorFlow on a cold disk takes a few seconds; what takes longer hangs. */
const PROBE_TIMEOUT_MS = 90_000;

/** Tries an engine in a process of its own, so that a library which ends the process ends only that one. */
export async function probeInChild(name: EngineName): Promise<ProbeResult> {
  const obstacle = (await getDriver(name)).findObstacle();
  if (obstacle !== undefined) return refused(name, obstacle.why, obstacle.remedy);
  const entry = createRequire(import.meta.url).resolve('@kindred/compute/probe');
  const { stdout, stderr, ending } = await runNode([entry, name]);
  const line = stdout.split('\n').find((text) => text.startsWith(PROBE_MARK));
  if (line !== undefined) return JSON.parse(line.slice(PROBE_MARK.length)) as ProbeResult;
  const said = stderr.trim().split('\n').at(-1) ?? '';
  return refused(name, `its library ended the process (${ending})${said === '' ? '' : `: ${said}`}`, repairOf(name));
}

function repairOf(name: EngineName): string | undefined {
  return name === 'tensorflow' ? 'The library is damaged: npm run setup:tensorflow brings it again' : undefined;
}

function refused(name: EngineName, why: string, remedy: string | undefined): ProbeResult {
  return { name, available: false, detail: 'not available', why, remedy };
}

interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  /** How it ended, in words. */
  readonly ending: string;
}

function runNode(parameters: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, parameters, { stdio: ['ignore', 'pipe', 'pipe'], timeout: PROBE_TIMEOUT_MS });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', (fault) => resolve({ stdout, stderr, ending: faultLine(fault) }));
    child.on('close', (code, signal) => resolve({ stdout, stderr, ending: signal ?? `exit ${code}` }));
  });
}
