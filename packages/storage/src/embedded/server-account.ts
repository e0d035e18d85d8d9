import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { KindredError } from '@kindred/domain';

/** The unprivileged account that runs the server when this process is root: postgres refuses root. */
export interface ServerAccount {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** How to start a program of the server: command line and, on root, the account to become. */
export interface ServerCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly uid?: number;
  readonly gid?: number;
}

const ACCOUNTS = ['postgres', 'nobody'];

/**
 * The account for a process that is root: the owner of the cluster if there is one already, else the
 * system's `postgres`, else `nobody`. Undefined when this process is an ordinary user and needs none.
 * @throws KindredError DATABASE_UNAVAILABLE when the machine has no such account
 */
export function findServerAccount(clusterPath: string): ServerAccount | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = readAccounts();
  const owner = statSync(clusterPath, { throwIfNoEntry: false })?.uid;
  const known = owner === undefined || owner === 0 ? undefined : accounts.find(({ uid }) => uid === owner);
  if (known !== undefined) return known;
  for (const name of ACCOUNTS) {
    const account = accounts.find((candidate) => candidate.name === name && candidate.uid !== 0);
    if (account !== undefined) return account;
  }
  throw new KindredError(
    'DATABASE_UNAVAILABLE',
    'Postgres refuses to run as root, and this machine has neither an account postgres nor nobody: ' +
      'add one (useradd --system postgres), run Kindred as an ordinary user, or set KINDRED_DATABASE_URL',
  );
}

function readAccounts(): ServerAccount[] {
  return readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .filter((fields) => fields.length >= 4)
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }));
}

/**
 * Wraps a program so that it runs under the account. Where the account may not walk to the paths (a
 * checkout below /root, say), it is given that one right by util-linux's setpriv as a capability.
 * @throws KindredError DATABASE_UNAVAILABLE when the account can't reach them and can't be given the right
 */
export function serverCommand(
  account: ServerAccount | undefined,
  file: string,
  args: readonly string[],
  paths: readonly string[],
): ServerCommand {
  if (account === undefined) return { file, args };
  const closed = [...paths, file].map((path) => firstClosedFolder(path, account)).find((path) => path !== undefined);
  if (closed === undefined) return { file, args, uid: account.uid, gid: account.gid };
  const capability = traversalCapability();
  if (capability === undefined || spawnSync('setpriv', ['--version']).status !== 0) {
    throw new KindredError(
      'DATABASE_UNAVAILABLE',
      `Postgres refuses to run as root, and the account ${account.name} may not enter ${closed}: ` +
        'give a --data-dir outside of it, install util-linux (setpriv), run as an ordinary user, or set KINDRED_DATABASE_URL',
    );
  }
  const identity = [`--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups'];
  const rights = [`--inh-caps=+${capability}`, `--ambient-caps=+${capability}`];
  return { file: 'setpriv', args: [...identity, ...rights, '--', file, ...args] };
}

/** The first folder on the way to the path that the account may not enter, by its mode bits. */
function firstClosedFolder(path: string, account: ServerAccount): string | undefined {
  const parents: string[] = [];
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    parents.unshift(folder);
    if (folder === dirname(folder)) break;
  }
  return parents.find((folder) => {
    const { mode, uid, gid } = statSync(folder);
    const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    return (mode & bit) === 0;
  });
}

/** The narrowest capability of this process that lets a program walk through closed folders. */
function traversalCapability(): 'dac_read_search' | 'dac_override' | undefined {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(statusOfThisProcess())?.[1];
  if (effective === undefined) return undefined;
  const bits = BigInt(`0x${effective}`);
  if ((bits & 4n) !== 0n) return 'dac_read_search';
  if ((bits & 2n) !== 0n) return 'dac_override';
  return undefined;
}

function statusOfThisProcess(): string {
  try {
    return readFileSync('/proc/self/status', 'utf8');
  } catch {
    return '';
  }
}
