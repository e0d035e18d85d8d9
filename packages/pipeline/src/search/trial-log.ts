import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Outcome } from '@kindred/training';

/** Outcomes of trials by a key that says all that they depend on, kept over the end of the process. */
export interface TrialLog {
  find(key: string): Outcome | undefined;
  add(key: string, outcome: Outcome): Promise<void>;
}

interface Line {
  readonly key: string;
  readonly outcome: Outcome;
}

/**
 * A file of JSON lines, one a finished trial. A line that a crash cut short is passed over, and the next one begins
 * anew behind it: that trial is done again.
 */
export async function openTrialLog(file: string): Promise<TrialLog> {
  await mkdir(dirname(file), { recursive: true });
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const known = new Map(text.split('\n').flatMap(readLine));
  let separator = text === '' || text.endsWith('\n') ? '' : '\n';
  return {
    find: (key) => known.get(key),
    add: async (key, outcome) => {
      const line: Line = { key, outcome };
      await appendFile(file, `${separator}${JSON.stringify(line)}\n`);
      separator = '';
      known.set(key, outcome);
    },
  };
}

function readLine(text: string): [string, Outcome][] {
  try {
    const { key, outcome } = JSON.parse(text) as Line;
    return [[key, outcome]];
  } catch {
    return [];
  }
}
