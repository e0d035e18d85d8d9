// Installs and builds when needed, with Node alone: `npm run demo` and `npm test` begin with it, so that each
// works from a fresh clone. Nothing is done when node_modules fits the lock file and dist is newer than src.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, 'node_modules', '.kindred-install');

function fail(message) {
  process.stderr.write(`kindred: ${message}\n`);
  process.exit(1);
}

function run(command, parameters) {
  const result = spawnSync(command, parameters, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (result.status !== 0)
    fail(`\`${command} ${parameters.join(' ')}\` failed${result.error ? `: ${result.error.message}` : ''}`);
}

function installKey() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .update(`${process.versions.modules} ${process.platform} ${process.arch}`)
    .digest('hex');
}

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) fail(`Node 20.19 or newer is needed, this is ${process.versions.node}`);

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== installKey()) {
  process.stderr.write('kindred: installing packages (once)\n');
  run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(stamp, installKey());
}
process.stderr.write('kindred: building what has changed\n');
run(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b']);
