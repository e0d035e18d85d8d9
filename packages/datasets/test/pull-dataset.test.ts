import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { DATASETS, type PublicDataset, publicDatasetByName, pullDataset } from '../src/index.js';
import { codeOf, emptyFolder, NOW_MS, verdictsOf } from './written.js';
import { zipFile } from './zip-file.js';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function served(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/set.zip`;
}

const from = (name: string, url: string, checksum?: PublicDataset['checksum']): PublicDataset => ({
  ...publicDatasetByName(name),
  url,
  checksum,
});
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const table = (path: string) => gunzipSync(readFileSync(path)).toString('utf8');

const rating = '196\t242\t3\t881250949\n';
const movielens = zipFile({
  'ml-100k/u.data': `${rating}186\t302\t5\t881250000\n`,
  'ml-100k/u.item': Buffer.from(
    `242|Kolya (1996)|24-Jan-1997||http://x|0|1\n302|Les Mis\xe9rables (1995)|01-Jan-1995||http://y|1|1\n`,
    'latin1',
  ),
  'ml-100k/u.genre': 'Drama|0\nComedy|1\n\n',
  'ml-100k/u.user': '196|49|M|writer|55105\n',
  ...Object.fromEntries(
    ['u1', 'u2', 'u3', 'u4', 'u5', 'ua', 'ub'].flatMap((split) => [
      [`ml-100k/${split}.base`, rating],
      [`ml-100k/${split}.test`, rating],
    ]),
  ),
});

describe('pullDataset', () => {
  it('brings, checks, unpacks and puts in place; the second time there is nothing to do', async () => {
    const url = await served((_, response) => response.end(movielens));
    const target = join(emptyFolder(), 'datasets');
    const set = from('movielens-100k', url, { of: 'archive', algorithm: 'sha256', digest: sha256(movielens) });
    const seen: number[] = [];
    const pulled = await pullDataset(set, target, { onProgress: ({ receivedBytes }) => seen.push(receivedBytes) });
    expect(pulled).toMatchObject({
      alreadyThere: false,
      verified: 'sha256 of the archive',
      rows: { 'interactions.tsv.gz': 2, 'splits/ua.test.tsv.gz': 1 },
    });
    expect(seen.at(-1)).toBe(movielens.length);
    expect(table(join(pulled.folder, 'interactions.tsv.gz'))).toBe(
      'user_id\titem_id\trating\ttimestamp\n186\t302\t5\t881250000\n196\t242\t3\t881250949\n',
    );
    expect(table(join(pulled.folder, 'items.tsv.gz'))).toContain(
      '302\tLes Misérables (1995)\tDrama|Comedy\t01-Jan-1995\thttp://y',
    );
    expect(readFileSync(join(pulled.folder, 'README.md'), 'utf8')).toContain('no redistribution');
    expect(readdirSync(target)).toEqual(['movielens-100k']);
    expect(await pullDataset(set, target)).toMatchObject({ alreadyThere: true });
  });

  it('unpacks the workbook of UCI Online Retail, so that the preset reads it', async () => {
    const row = (cells: string) => `<row r="1">${cells}</row>`;
    const shared = [
      'InvoiceNo',
      'StockCode',
      'Description',
      'Quantity',
      'InvoiceDate',
      'UnitPrice',
      'CustomerID',
      'Country',
      'C536379',
      'TEA &amp; CAKE',
    ];
    const header = Array.from({ length: 8 }, (_, k) => `<c r="${'ABCDEFGH'[k]}1" s="1" t="s"><v>${k}</v></c>`).join('');
    const sheet = `<worksheet><sheetData>${row(header)}
      ${row('<c r="A2"><v>536365</v></c><c r="B2" t="inlineStr"><is><t>85123A</t></is></c><c r="C2" t="s"><v>9</v></c><c r="D2"><v>6</v></c><c r="E2" s="2"><v>40513.351388888892</v></c><c r="F2"><v>2.5499999999999998</v></c><c r="G2"><v>17850</v></c><c r="H2" t="s"><v>7</v></c>')}
      ${row('<c r="A3" t="s"><v>8</v></c><c r="B3"><v>22423</v></c><c r="D3"><v>-1</v></c><c r="E3"><v>40513.4</v></c><c r="F3"><v>1</v></c><c r="H3"/>')}</sheetData></worksheet>`;
    const strings = `<sst>${shared.map((text) => `<si><t xml:space="preserve">${text}</t></si>`).join('')}</sst>`;
    const workbook = zipFile({ 'xl/sharedStrings.xml': strings, 'xl/worksheets/sheet1.xml': sheet });
    const archive = zipFile({ 'Online Retail.xlsx': workbook });
    const url = await served((_, response) => response.end(archive));
    const target = emptyFolder();
    const pulled = await pullDataset(from('uci-online-retail', url), target);
    expect(pulled.verified).toBe('unverified');
    expect(table(join(pulled.folder, 'transactions.tsv.gz'))).toBe(
      'invoice\titem_id\tdescription\tquantity\ttimestamp\tunit_price\tuser_id\tcountry\n' +
        '536365\t85123A\tTEA & CAKE\t6\t1291191960\t2.5499999999999998\t17850\tCountry\n' +
        'C536379\t22423\t\t-1\t1291196160\t1\t\t\n',
    );
    const verdicts = await verdictsOf(join(pulled.folder, 'transactions.tsv.gz'), { nowMs: NOW_MS });
    expect(verdicts).toMatchObject([{ event: { type: 'purchase', itemId: '85123A' } }, { code: 'USER_MISSING' }]);

    const md5 = { of: 'Online Retail.xlsx', algorithm: 'md5', digest: '0'.repeat(32) } as const;
    expect(await codeOf(pullDataset(from('uci-online-retail', url, md5), emptyFolder()))).toBe('DOWNLOAD_CORRUPT');
  });

  it.each<[string, RequestListener, string, RegExp]>([
    [
      'another file than the known one',
      (_, response) => response.end(Buffer.from('changed')),
      'DOWNLOAD_CORRUPT',
      /known is/,
    ],
    ['a missing page', (_, response) => response.writeHead(404).end(), 'DOWNLOAD_FAILED', /answered 404/],
    [
      'a cut connection',
      (_, response) => {
        response.writeHead(200, { 'content-length': movielens.length });
        response.write(movielens.subarray(0, 500), () => response.destroy());
      },
      'DOWNLOAD_FAILED',
      /after \d+ bytes/,
    ],
    [
      'a server that falls silent',
      (_, response) => response.write(movielens.subarray(0, 10)),
      'DOWNLOAD_FAILED',
      /no byte came/,
    ],
  ])('%s leaves nothing behind', async (_, listener, code, message) => {
    const target = emptyFolder();
    const set = from('movielens-100k', await served(listener), {
      of: 'archive',
      algorithm: 'sha256',
      digest: sha256(movielens),
    });
    const pulling = pullDataset(set, target, { idleTimeoutMs: 300 });
    await expect(pulling).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect(readdirSync(target)).toEqual([]);
  });

  it('an archive that is cut or lacks a file is refused though no checksum is known', async () => {
    for (const bytes of [
      movielens.subarray(0, -30),
      zipFile({ 'ml-100k/u.data': rating }),
      Buffer.from('<html>blocked</html>'),
    ]) {
      const target = emptyFolder();
      const url = await served((_, response) => response.end(bytes));
      expect(await codeOf(pullDataset(from('movielens-100k', url), target))).toBe('DOWNLOAD_CORRUPT');
      expect(readdirSync(target)).toEqual([]);
    }
  });

  it('says so when the network refuses, and when it is interrupted', async () => {
    const refused = from('movielens-100k', 'http://127.0.0.1:1/set.zip');
    await expect(pullDataset(refused, emptyFolder())).rejects.toMatchObject({
      code: 'DOWNLOAD_FAILED',
      message: expect.stringContaining('127.0.0.1:1'),
    });
    const url = await served((_, response) => response.write('x'));
    expect(
      await codeOf(pullDataset(from('movielens-100k', url), emptyFolder(), { signal: AbortSignal.timeout(100) })),
    ).toBe('INTERRUPTED');
    expect(await codeOf(pullDataset('movielens-200k', emptyFolder()))).toBe('NOT_FOUND');
  });

  it('the catalogue names publisher, licence and citation of each set', () => {
    for (const set of DATASETS) {
      expect(set.url).toMatch(/^https:\/\/(archive\.ics\.uci\.edu|files\.grouplens\.org)\//);
      expect([set.licence.length, set.citation.length].every((length) => length > 20)).toBe(true);
    }
  });
});
