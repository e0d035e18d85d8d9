#!/usr/bin/env node
import { HELP, parseCommand } from './arguments.js';
import { checkTensorflow, type StateReport } from './check.js';
import { SETUP_ERRORS, TensorflowSetupError } from './errors.js';
import { type SetupReport, setUpTensorflow } from './set-up.js';
import { TFJS_PACKAGE } from './tfjs-package.js';

const startedMs = Date.now();
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
process.once('SIGTERM', () => stop.abort());

process.exitCode = await main(process.argv.slice(2)).catch(report);

async function main(argumentList: string[]): Promise<number> {
  const command = parseCommand(argumentList, process.env, process.cwd());
  if (command.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const setup = { ...command.setup, signal: stop.signal, onProgress: tell };
  if (command.check) {
    const state = await checkTensorflow(setup);
    process.stdout.write(command.json ? `${JSON.stringify(state)}\n` : describeState(state));
    return state.ready ? 0 : 1;
  }
  const done = await setUpTensorflow(setup);
  process.stdout.write(
    command.json ? `${JSON.stringify(done)}\n` : describeSetup(done, command.setup.device === 'gpu'),
  );
  return 0;
}

function tell(line: string): void {
  process.stderr.write(`[${((Date.now() - startedMs) / 1000).toFixed(1).padStart(5)} s] ${line}\n`);
}

function describeSetup(done: SetupReport, wantedGpu: boolean): string {
  const lines = [
    `${TFJS_PACKAGE} ${done.package.version} runs on TensorFlow ${done.tensorflow}, ${done.device}: ${done.seconds.toFixed(1)} s`,
  ];
  if (wantedGpu && done.device === 'cpu') {
    lines.push(
      'No usable NVIDIA card was found, so it computes on the CPU. It needs the driver, CUDA 12.5 and cuDNN 9.3: see --nvidia.',
    );
  }
  return `${lines.join('\n')}\n`;
}

function describeState(state: StateReport): string {
  const lines = state.ingredients.map(({ name, found, detail }) => `${found ? 'yes' : 'no '}  ${name}: ${detail}`);
  return `${[...lines, state.ready ? 'ready' : 'not ready: run setup-tensorflow'].join('\n')}\n`;
}

function report(error: unknown): number {
  if (!(error instanceof TensorflowSetupError)) {
    process.stderr.write(
      `setup-tensorflow: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    return 1;
  }
  const { title, wayOut, exitCode } = SETUP_ERRORS[error.code];
  process.stderr.write(`setup-tensorflow: ${error.code}: ${title}: ${error.message}\n  ${wayOut}\n`);
  return exitCode;
}
