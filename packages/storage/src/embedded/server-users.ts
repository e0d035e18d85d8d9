import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EmbeddedLayout } from './embedded-layout.js';
import { isRunning, ownIdentity, type ProcessIdentity } from './process-identity.js';

/**
 * Who uses the server: a file for each handle. Processes that died without leaving are forgotten when
 * the users are counted, so that the server's life never hangs on a clean exit.
 */
export function joinUsers(layout: EmbeddedLayout): string {
  mkdirSync(layout.users, { recursive: true });
  const name = `${process.pid}-${randomUUID()}`;
  const draft = join(layout.root, `.${name}`);
  writeFileSync(draft, JSON.stringify(ownIdentity()));
  renameSync(draft, join(layout.users, name));
  return name;
}

export function leaveUsers(layout: EmbeddedLayout, name: string): void {
  rmSync(join(layout.users, name), { force: true });
}

/** How many handles of living processes there are. Call it while holding the lock. */
export function countUsers(layout: EmbeddedLayout): number {
  let names: string[];
  try {
    names = readdirSync(layout.users);
  } catch {
    return 0;
  }
  return names.filter((name) => isUser(layout, name)).length;
}

function isUser(layout: EmbeddedLayout, name: string): boolean {
  try {
    if (isRunning(JSON.parse(readFileSync(join(layout.users, name), 'utf8')) as ProcessIdentity)) return true;
  } catch {
    // Cut short by a machine crash: its process is gone too.
  }
  leaveUsers(layout, name);
  return false;
}
