import { createInterface } from 'node:readline';
import { pullDataset } from '@kindred/datasets';
import { KindredError } from '@kindred/domain';
import { pullFolder } from '../dataset-folders.js';
import type { Session } from '../session.js';

/**
 * Where nobody can be asked, says which command brings a data set. On a terminal, asks whether to fetch it now, and does.
 * @returns whether the data set is here now
 * @throws KindredError INTERRUPTED
 */
export async function offerDataset(session: Session, name: string): Promise<boolean> {
  const { progress, flags, config } = session;
  progress.say('no real log is here');
  const command = `kindred datasets pull ${name}`;
  if (!process.stdin.isTTY || !process.stderr.isTTY || flags.json === true) {
    progress.say(`\`${command}\` brings one`);
    return false;
  }
  const folder = pullFolder(config);
  if (!(await isAgreed(`Fetch ${name} from its publisher into ${folder} (${command})? [y/N] `, session.signal)))
    return false;
  return pull(session, name, folder);
}

/** A failed download is no fault of the demo: it is said, and the demo goes on. */
async function pull({ progress, signal }: Session, name: string, folder: string): Promise<boolean> {
  try {
    const onProgress = ({ receivedBytes, totalBytes }: { receivedBytes: number; totalBytes: number | undefined }) =>
      progress.advance(`fetching ${name}, bytes`, receivedBytes, totalBytes);
    const { verified } = await pullDataset(name, folder, { signal, onProgress });
    progress.say(`${name} is in ${folder} (checked: ${verified})`);
    return true;
  } catch (error) {
    if (!(error instanceof KindredError) || error.code === 'INTERRUPTED') throw error;
    progress.say(`it could not be fetched: ${error.message}`);
    return false;
  }
}

/** Anything but yes is no, the end of the input too. */
async function isAgreed(question: string, signal: AbortSignal): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // A terminal in raw mode hands Ctrl-C over as a key.
  terminal.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    return await new Promise<boolean>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      terminal.once('close', () => resolve(false));
      terminal.question(question, (answer) => resolve(/^y(es)?$/i.test(answer.trim())));
    });
  } finally {
    terminal.close();
  }
}
