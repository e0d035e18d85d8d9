import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ZipArchive } from '../src/zip-archive.js';
import { type FixtureMember, makeZip } from './fixtures/zip-fixture.js';

let folder: string;
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'libtensorflow-zip-'));
});
afterAll(() => rm(folder, { recursive: true }));

const LETTERS = Buffer.from('abc'.repeat(1000));
const NOISE = Buffer.from(Uint32Array.from({ length: 500 }, (_, i) => Math.imul(i + 1, 2654435761)).buffer);

async function save(bytes: Buffer): Promise<string> {
  const path = join(folder, `${count++}.zip`);
  await writeFile(path, bytes);
  return path;
}

async function unpack(bytes: Buffer, fileName: string): Promise<Buffer> {
  const archive = await ZipArchive.open(await save(bytes));
  const target = join(folder, `${count++}.out`);
  try {
    await archive.extract(archive.getMember(fileName), target);
  } finally {
    await archive.close();
  }
  return readFile(target);
}

const TWO: readonly FixtureMember[] = [
  { name: 'org/tensorflow/linux/a.so', bytes: LETTERS },
  { name: 'org/tensorflow/linux/b.so', bytes: NOISE, method: 'stored' },
];

describe('ZipArchive', () => {
  it.each([
    ['plain', {}],
    ['with a comment', { comment: 'made by hand PK\x05\x06 '.repeat(20) }],
    ['zip64', { zip64: true }],
  ])('reads deflated and stored members, %s', async (_, options) => {
    const zip = makeZip(TWO, options);
    expect((await unpack(zip, 'a.so')).equals(LETTERS)).toBe(true);
    expect((await unpack(zip, 'b.so')).equals(NOISE)).toBe(true);
  });

  it('refuses every archive that is cut short, wherever it is cut', async () => {
    const zip = makeZip([{ name: 'a.so', bytes: Buffer.from('hello') }], { zip64: true, comment: 'end' });
    for (let length = 0; length < zip.length; length++) {
      await expect(ZipArchive.open(await save(zip.subarray(0, length)))).rejects.toMatchObject({
        code: 'ARCHIVE_INVALID',
      });
    }
  });

  it('refuses an archive that lost bytes in the middle', async () => {
    const zip = makeZip(TWO);
    await expect(unpack(Buffer.concat([zip.subarray(0, 40), zip.subarray(60)]), 'b.so')).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID',
    });
  });

  it.each([
    ['a wrong CRC-32', { crc: 1 }, /CRC-32/],
    ['fewer bytes than the directory says', { size: LETTERS.length + 1 }, /has 3000 bytes/],
    ['more bytes than the directory says', { size: 10 }, /larger than the 10/],
    ['an encrypted member', { flags: 9 }, /encrypted/],
    ['an unknown method', { methodNumber: 12 }, /method 12/],
    ['bytes that do not inflate', { method: 'stored', methodNumber: 8 }, /can not be unpacked/],
  ] as const)('refuses %s', async (_, fault, message) => {
    await expect(unpack(makeZip([{ name: 'a.so', bytes: LETTERS, ...fault }]), 'a.so')).rejects.toMatchObject({
      code: 'ARCHIVE_INVALID',
      message: expect.stringMatching(message),
    });
  });

  it('names a member that is missing and one that stands twice', async () => {
    await expect(unpack(makeZip(TWO), 'c.so')).rejects.toThrow(/holds no c\.so/);
    const twice = makeZip([...TWO, { name: 'elsewhere/a.so', bytes: LETTERS }]);
    await expect(unpack(twice, 'a.so')).rejects.toThrow(/a\.so 2 times/);
  });

  it('says so when there is no file', async () => {
    await expect(ZipArchive.open(join(folder, 'none.zip'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });
});
