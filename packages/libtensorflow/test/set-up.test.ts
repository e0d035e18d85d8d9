import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findTool } from '../src/processes.js';
import type { Release } from '../src/releases.js';
import { type SetupOptions, setUpTensorflow } from '../src/set-up.js';
import { LIBRARY_FILES } from '../src/shared-object.js';
import { copyRealProject, fingerprint, makeProject, type Project } from './fixtures/project-fixture.js';
import { makeSharedObject } from './fixtures/shared-object-fixture.js';
import { makeZip } from './fixtures/zip-fixture.js';

const EMPTY_PATH = { PATH: '/nonexistent' };
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

const JAR = makeZip(LIBRARY_FILES.map((name) => ({ name: `org/tensorflow/${name}`, bytes: makeSharedObject(name) })));

function releaseOf(bytes: Buffer): Release {
  const archive = {
    client: 'mvn',
    coordinates: 'org.example:tf:1.0:linux-x86_64',
    file: 'tf.jar',
    bytes: bytes.length,
    sha256: sha256(bytes),
  } as const;
  return { tensorflow: '9.9.9', device: 'cpu', archive };
}

let folder: string;
let cacheDirectory: string;
let project: Project;
let closers: (() => Promise<void>)[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'libtensorflow-set-up-'));
  cacheDirectory = join(folder, 'cache');
  project = await makeProject();
  closers = [];
});
afterEach(async () => {
  for (const close of closers) await close();
  await project.remove();
  await rm(folder, { recursive: true });
});

interface Repository {
  readonly base: string;
  readonly requests: string[];
}

/** A Maven repository on the loopback interface. */
async function serve(answer: (response: ServerResponse) => void): Promise<Repository> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    answer(response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  closers.push(
    () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  );
  return { base: `http://127.0.0.1:${(server.address() as AddressInfo).port}/maven/`, requests };
}

function setUp(options: Partial<SetupOptions>) {
  return setUpTensorflow({
    root: project.root,
    cacheDirectory,
    env: EMPTY_PATH,
    releases: [releaseOf(JAR)],
    ...options,
  });
}

async function cacheListing(): Promise<string[]> {
  return (await readdir(cacheDirectory, { recursive: true }).catch((): string[] => [])).sort();
}

// Without a compiler on PATH a set-up ends after the libraries are in the cache, which is as far as these tests look.
const STOPS_AT_COMPILER = expect.objectContaining({ code: 'TOOL_MISSING', message: expect.stringContaining('g++') });

describe('bringing libtensorflow', () => {
  it('fetches, checks and unpacks once, then takes it out of the cache', async () => {
    const repository = await serve((response) => response.end(JAR));
    await expect(setUp({ mavenBase: repository.base })).rejects.toEqual(STOPS_AT_COMPILER);
    await expect(setUp({ mavenBase: repository.base })).rejects.toEqual(STOPS_AT_COMPILER);
    expect(repository.requests).toEqual(['/maven/org/example/tf/1.0/tf.jar']);
    const id = `tensorflow-9.9.9-cpu-${sha256(JAR).slice(0, 12)}`;
    const files = [...LIBRARY_FILES, 'manifest.json'].map((name) => `libraries/${id}/${name}`);
    expect(await cacheListing()).toEqual(['libraries', `libraries/${id}`, ...files]);
  });

  it('needs no client for what the cache holds', async () => {
    const repository = await serve((response) => response.end(JAR));
    await expect(setUp({ mavenBase: repository.base })).rejects.toEqual(STOPS_AT_COMPILER);
    await expect(setUp({})).rejects.toEqual(STOPS_AT_COMPILER);
  });

  it('fetches anew what rotted in the cache', async () => {
    const repository = await serve((response) => response.end(JAR));
    await expect(setUp({ mavenBase: repository.base })).rejects.toEqual(STOPS_AT_COMPILER);
    const [library = ''] = (await cacheListing()).filter((name) => name.endsWith('_cc.so.2'));
    await writeFile(join(cacheDirectory, library), makeSharedObject('libtensorflow_cX.so.2'));
    await expect(setUp({ mavenBase: repository.base })).rejects.toEqual(STOPS_AT_COMPILER);
    expect(repository.requests).toHaveLength(2);
    await expect(setUp({})).rejects.toEqual(STOPS_AT_COMPILER);
  });

  it('lets two set-ups at once fetch once', async () => {
    const repository = await serve((response) => setTimeout(() => response.end(JAR), 50));
    const both = [setUp({ mavenBase: repository.base }), setUp({ mavenBase: repository.base })];
    for (const one of both) await expect(one).rejects.toEqual(STOPS_AT_COMPILER);
    expect(repository.requests).toHaveLength(1);
  });

  it.each([
    [
      'other bytes than the pinned ones',
      (response: ServerResponse) => response.end(Buffer.concat([JAR, Buffer.from('x')])),
      'CHECKSUM_MISMATCH',
    ],
    ['no such file', (response: ServerResponse) => response.writeHead(404).end(), 'FETCH_FAILED'],
    [
      'half a file',
      (response: ServerResponse) => {
        response.writeHead(200, { 'content-length': JAR.length });
        response.write(JAR.subarray(0, 100), () => response.destroy());
      },
      'FETCH_FAILED',
    ],
  ] as const)('refuses %s and leaves no trace', async (_, answer, code) => {
    const before = await fingerprint(project.root);
    const repository = await serve(answer);
    await expect(setUp({ mavenBase: repository.base })).rejects.toMatchObject({ code });
    expect(await cacheListing()).toEqual([]);
    expect(await fingerprint(project.root)).toBe(before);
  });

  it('leaves no trace when it is interrupted half way', async () => {
    const stop = new AbortController();
    const repository = await serve((response) => {
      response.write(JAR.subarray(0, 100), () => stop.abort());
    });
    await expect(setUp({ mavenBase: repository.base, signal: stop.signal })).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
    expect(await cacheListing()).toEqual([]);
  });

  it.each([
    ['lacks a library', makeZip([{ name: LIBRARY_FILES[0], bytes: makeSharedObject('a') }]), 'ARCHIVE_INVALID'],
    [
      'holds a library that is none',
      makeZip(LIBRARY_FILES.map((name) => ({ name, bytes: Buffer.from('text') }))),
      'LIBRARY_INVALID',
    ],
  ] as const)('refuses a vouched-for archive that %s', async (_, bytes, code) => {
    const archive = join(folder, 'given.jar');
    await writeFile(archive, bytes);
    await expect(setUp({ archive, sha256: sha256(bytes) })).rejects.toMatchObject({ code });
    expect(await cacheListing()).toEqual([]);
  });

  it('takes a given file that the table knows, or that its user vouches for', async () => {
    const archive = join(folder, 'given.jar');
    await writeFile(archive, JAR);
    await expect(setUp({ archive })).rejects.toEqual(STOPS_AT_COMPILER);
    await expect(setUp({ archive, releases: [] })).rejects.toMatchObject({
      code: 'CHECKSUM_UNKNOWN',
      message: expect.stringContaining(sha256(JAR)),
    });
    await expect(setUp({ archive, releases: [], sha256: sha256(JAR).toUpperCase() })).rejects.toEqual(
      STOPS_AT_COMPILER,
    );
    await expect(setUp({ archive, sha256: '0'.repeat(64) })).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
    await expect(setUp({ archive: join(folder, 'none.jar') })).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });
});

describe('what is missing', () => {
  it('names the package clients', async () => {
    await expect(setUp({ releases: undefined })).rejects.toMatchObject({
      code: 'TOOL_MISSING',
      message: expect.stringMatching(/no mvn \(Maven\) and no python3 with pip on PATH/),
    });
    await expect(setUp({ releases: undefined, client: 'pip' })).rejects.toMatchObject({
      message: expect.stringMatching(/: no python3 with pip on PATH/),
    });
  });

  it('goes from a client that fails to the next', async () => {
    const bin = join(folder, 'bin');
    for (const name of ['mvn', 'python3']) await writeProgram(bin, name, `echo ${name} says no >&2; exit 3`);
    const lines: string[] = [];
    const failing = setUp({
      releases: undefined,
      env: { PATH: `${bin}:/usr/bin:/bin` },
      onProgress: (line) => lines.push(line),
    });
    await expect(failing).rejects.toMatchObject({
      code: 'FETCH_FAILED',
      message: expect.stringContaining('python3 says no'),
    });
    expect(lines.join('\n')).toContain('mvn says no');
    expect(await cacheListing()).toEqual([]);
  });

  it('names npm when the package is absent, and asks npm first what it would remove', async () => {
    await rm(project.packageDirectory, { recursive: true });
    await expect(setUp({})).rejects.toMatchObject({ code: 'TOOL_MISSING', message: expect.stringContaining('no npm') });
    const bin = join(folder, 'bin');
    await writeProgram(
      bin,
      'npm',
      `echo "$@" >> ${folder}/npm.log; echo 'add @tensorflow/tfjs-node-gpu 4.22.0'; echo 'remove precious 1.0.0'`,
    );
    await expect(setUp({ env: { PATH: `${bin}:/usr/bin:/bin` } })).rejects.toMatchObject({
      code: 'PACKAGE_ABSENT',
      message: expect.stringContaining('remove precious'),
    });
    const calls = execFileSync('cat', [join(folder, 'npm.log')], { encoding: 'utf8' })
      .trim()
      .split('\n');
    expect(calls).toEqual([
      'install --no-save --ignore-scripts --no-audit --no-fund @tensorflow/tfjs-node-gpu@4.22.0 --dry-run',
    ]);
  });

  it('refuses another version of the package', async () => {
    const other = await makeProject('4.21.0');
    closers.push(other.remove);
    await expect(setUp({ root: other.root })).rejects.toMatchObject({ code: 'PACKAGE_UNSUPPORTED' });
  });

  it('refuses a folder that does not hold the libraries, and an nvidia folder without CUDA', async () => {
    await expect(setUp({ libraries: folder })).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await expect(setUp({ nvidia: folder })).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
      message: expect.stringContaining('cuda_runtime'),
    });
  });
});

const compiler = findTool('g++', process.env);
if (compiler === undefined) process.stderr.write('skipped: the compiler tests of @kindred/libtensorflow need g++\n');

describe.runIf(compiler !== undefined)('compiling and trying', () => {
  const env = { PATH: process.env.PATH };

  async function makeFakeLibraries(): Promise<string> {
    const libraries = await mkdtemp(join(folder, 'fake-'));
    await writeFile(join(libraries, 'fake.c'), 'int nothing_of_use;\n');
    for (const name of LIBRARY_FILES) {
      execFileSync(compiler ?? '', [
        '-shared',
        '-fPIC',
        `-Wl,-soname,${name}`,
        '-x',
        'c',
        join(libraries, 'fake.c'),
        '-o',
        join(libraries, name),
      ]);
    }
    return libraries;
  }

  it('shows the compiler output when the addon does not compile', async () => {
    await writeFile(join(project.packageDirectory, 'binding', 'tfjs_binding.cc'), '#error no good\n');
    await expect(setUp({ libraries: await makeFakeLibraries(), env })).rejects.toMatchObject({
      code: 'COMPILE_FAILED',
      message: expect.stringContaining('no good'),
    });
    expect(await cacheListing()).toEqual([]);
  });

  it('refuses libraries without the C API by trying them in a child process; the package stays as it was', async ({
    skip,
  }) => {
    const real = await copyRealProject();
    if (real === undefined) return skip('@tensorflow/tfjs-node-gpu is not installed here');
    closers.push(real.remove);
    const before = await fingerprint(real.packageDirectory);
    await expect(setUp({ root: real.root, libraries: await makeFakeLibraries(), env })).rejects.toMatchObject({
      code: 'PROBE_FAILED',
      message: expect.stringMatching(/undefined symbol: TFE?_/),
    });
    expect(await fingerprint(real.packageDirectory)).toBe(before);
    expect((await readdir(cacheDirectory)).filter((name) => name.startsWith('tmp-'))).toEqual([]);
  });
});

async function writeProgram(bin: string, name: string, script: string): Promise<void> {
  execFileSync('mkdir', ['-p', bin]);
  await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}
