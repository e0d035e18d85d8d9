// A job in a process of its own, so that its seconds and its memory are its own and its failure stops nothing else.
// The program gets the job as JSON in its last argument, says on stderr what it does, and answers with JSON on the last
// line of stdout: {"answer": …}, or {"unfit": "why"} where the data are nothing for the method.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { KindredError } from '@kindred/domain';

const KEPT_CHARACTERS = 2000;

/**
 * @param {string[]} command program and arguments before the job
 * @param {{limitSeconds: number, env?: Record<string, string>}} options
 * @returns {Promise<{status: 'done', answer: object} | {status: 'not applicable' | 'failed', because: string} |
 *   {status: 'too long'}>}
 */
export async function runInChild([program, ...parameters], job, { limitSeconds, env = {} }) {
  const child = spawn(program, [...parameters, JSON.stringify(job)], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    process.stderr.write(text);
    stderr = (stderr + text).slice(-KEPT_CHARACTERS);
  });
  let tooLong = false;
  const timer = setTimeout(() => {
    tooLong = true;
    child.kill('SIGKILL');
  }, limitSeconds * 1000);
  const stop = () => child.kill('SIGKILL');
  process.once('exit', stop);
  const [code, signal] = await once(child, 'close');
  process.off('exit', stop);
  clearTimeout(timer);
  if (tooLong) return { status: 'too long' };
  if (code !== 0) return { status: 'failed', because: `${signal ?? `exit code ${code}`}: ${lastWords(stderr)}` };
  const { answer, unfit } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
  return unfit === undefined ? { status: 'done', answer } : { status: 'not applicable', because: unfit };
}

/** The message of an error that ended Node or Python, else what was said last. */
function lastWords(text) {
  const lines = text.trimEnd().split('\n');
  return (lines.findLast((line) => /error\b.*:/i.test(line)) ?? lines.at(-1) ?? '').trim().slice(0, 300);
}

/** The child's side of a job in Node. The answer gets the peak memory of the process. */
export async function answerJob(work) {
  const reply = await replyTo(JSON.parse(process.argv.at(-1)), work);
  process.stdout.write(`${JSON.stringify(reply)}\n`, () => process.exit(0));
}

async function replyTo(job, work) {
  try {
    const answer = await work(job);
    return { answer: { ...answer, peakRssMiB: Math.round(process.resourceUsage().maxRSS / 1024) } };
  } catch (error) {
    if (isUnfit(error)) return { unfit: error.message };
    throw error;
  }
}

/** Whether the data lack what the method needs: an order in time, texts of items, a catalogue that is small enough. */
function isUnfit(error) {
  if (!(error instanceof KindredError)) return false;
  const { code, field } = error;
  return code === 'ORDER_UNKNOWN' || code === 'CATALOGUE_TOO_LARGE' || (code === 'DATA_EMPTY' && field === 'items');
}
