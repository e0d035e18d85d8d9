// Python packages of a peer in a virtual environment of their own. Only the scripts of this folder need Python.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';

/**
 * Makes the environment where it is not there or lacks a package.
 * @param {string} folder
 * @param {string[]} packages as pip takes them: `implicit==0.7.3`
 * @returns {string} the path of its python
 */
export function openVirtualEnvironment(folder, packages) {
  const python = path.join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  if (!existsSync(python)) {
    mkdirSync(path.dirname(folder), { recursive: true });
    run(process.env.PYTHON ?? 'python3', ['-m', 'venv', folder]);
  }
  const names = packages.map((name) => name.split('==')[0]);
  const isComplete = spawnSync(python, ['-c', `import ${names.join(', ')}`], { stdio: 'ignore' }).status === 0;
  if (!isComplete) run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages]);
  return python;
}

function run(program, parameters) {
  const { status, error } = spawnSync(program, parameters, { stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error(`${program} ${parameters.join(' ')} failed${error ? `: ${error.message}` : ''}`);
}
