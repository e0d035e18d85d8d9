import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { KindredError } from '@kindred/domain';
import type { EmbeddedLayout } from './embedded-layout.js';
import { type ServerAccount, type ServerCommand, serverCommand } from './server-account.js';
import type { ServerBinaries } from './server-binaries.js';

/** The major version of the binaries, whose files no other major version can read. */
const MAJOR_VERSION = '18';
const ROLE = 'kindred';

/** Only the role kindred, only from this machine, only with the password. */
const HOST_BASED_ACCESS = `host all ${ROLE} 127.0.0.1/32 scram-sha-256\n`;

/** Owned by the account; made by initdb on first use, under another name so that half a cluster is never taken for one. */
export function ensureCluster(
  layout: EmbeddedLayout,
  binaries: ServerBinaries,
  account: ServerAccount | undefined,
): void {
  if (existsSync(join(layout.cluster, 'PG_VERSION'))) requireMajorVersion(layout);
  else createCluster(layout, binaries, account);
  writeFileSync(join(layout.cluster, 'pg_hba.conf'), HOST_BASED_ACCESS);
}

/** The password of the role, made and set on first use; set anew when its file was lost. */
export function ensurePassword(
  layout: EmbeddedLayout,
  binaries: ServerBinaries,
  account: ServerAccount | undefined,
): string {
  const known = findPassword(layout);
  if (known !== undefined) return known;
  const password = randomBytes(24).toString('base64url');
  const args = ['--single', '-D', layout.cluster, 'postgres'];
  const sql = `ALTER ROLE ${ROLE} PASSWORD '${password}';\n`;
  const outcome = runToEnd(serverCommand(account, binaries.postgres, args, [layout.cluster]), sql);
  if (outcome.status !== 0) throw clusterFault(layout, 'the password could not be set', outcome);
  const draft = `${layout.password}.draft`;
  writeFileSync(draft, password, { mode: 0o600 });
  renameSync(draft, layout.password);
  return password;
}

/** The password that an earlier start has written, or undefined when there is none yet. */
export function findPassword(layout: EmbeddedLayout): string | undefined {
  if (!existsSync(layout.password)) return undefined;
  const password = readFileSync(layout.password, 'utf8').trim();
  return password === '' ? undefined : password;
}

/** The address of a database of the server. */
export function serverUrl(port: number, password: string, database = 'kindred'): string {
  return `postgres://${ROLE}:${password}@127.0.0.1:${port}/${database}`;
}

function createCluster(layout: EmbeddedLayout, binaries: ServerBinaries, account: ServerAccount | undefined): void {
  const draft = join(dirname(layout.cluster), 'data.draft');
  rmSync(draft, { recursive: true, force: true });
  rmSync(layout.password, { force: true });
  mkdirSync(draft, { mode: 0o700 });
  if (account !== undefined) {
    // Entering, not listing: the account needs to pass through, whatever the umask of this process was.
    chmodSync(layout.root, 0o711);
    chownSync(draft, account.uid, account.gid);
  }
  const collation = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const args = [`--pgdata=${draft}`, `--username=${ROLE}`, '--auth=trust', ...collation];
  const outcome = runToEnd(serverCommand(account, binaries.initdb, args, [draft]), '');
  if (outcome.status !== 0) throw clusterFault(layout, 'the cluster could not be made', outcome);
  renameSync(draft, layout.cluster);
}

function requireMajorVersion(layout: EmbeddedLayout): void {
  const version = readFileSync(join(layout.cluster, 'PG_VERSION'), 'utf8').trim();
  if (version === MAJOR_VERSION) return;
  throw new KindredError(
    'DATABASE_UNAVAILABLE',
    `${layout.cluster} was made by Postgres ${version}, this is Postgres ${MAJOR_VERSION}: ` +
      'use the Kindred that made it, or another --data-dir',
  );
}

function runToEnd(command: ServerCommand, input: string): SpawnSyncReturns<string> {
  const { file, args, uid, gid } = command;
  // cwd: postgres looks at where it stands, and the account may not be allowed to stand where this process does.
  return spawnSync(file, args, { uid, gid, input, encoding: 'utf8', cwd: '/', env: serverEnvironment() });
}

/** What the server's programs see of the environment: nothing that would bend their ways. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  return { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TZ: 'UTC' };
}

function clusterFault(layout: EmbeddedLayout, what: string, outcome: SpawnSyncReturns<string>): KindredError {
  const reason = outcome.error?.message ?? lastLines(`${outcome.stdout}\n${outcome.stderr}`);
  return new KindredError('DATABASE_UNAVAILABLE', `embedded Postgres in ${layout.root}: ${what}: ${reason}`);
}

/** The last lines of a log that say something, as one line. */
export function lastLines(text: string, count = 4): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.slice(-count).join(' | ');
}
