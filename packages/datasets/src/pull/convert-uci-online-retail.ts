import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { KindredError } from '@kindred/domain';
import { plainName } from '../mapping.js';
import { writeTable } from './write-table.js';
import { serialDateSeconds, xlsxRows } from './xlsx-rows.js';
import { ZipArchive } from './zip-archive.js';

export const UCI_WORKBOOK = 'Online Retail.xlsx';

/** Column of the workbook → column of transactions.tsv.gz, in our order. */
const COLUMNS = [
  ['invoiceno', 'invoice'],
  ['stockcode', 'item_id'],
  ['description', 'description'],
  ['quantity', 'quantity'],
  ['invoicedate', 'timestamp'],
  ['unitprice', 'unit_price'],
  ['customerid', 'user_id'],
  ['country', 'country'],
] as const;

/**
 * The workbook of UCI Online Retail → transactions.tsv.gz, all lines unchanged, in their order.
 * @param expectedMd5 of the workbook, where it is known
 */
export async function convertUciOnlineRetail(
  archive: ZipArchive,
  folder: string,
  expectedMd5?: string,
): Promise<Record<string, number>> {
  const path = join(folder, 'workbook.xlsx');
  const md5 = await archive.extract(UCI_WORKBOOK, path, 'md5');
  if (expectedMd5 !== undefined && md5 !== expectedMd5) {
    throw new KindredError('DOWNLOAD_CORRUPT', `${UCI_WORKBOOK} has the MD5 ${md5}, known is ${expectedMd5}`);
  }
  const workbook = await ZipArchive.open(path, UCI_WORKBOOK);
  try {
    const names = COLUMNS.map(([, name]) => name);
    const count = await writeTable(join(folder, 'transactions.tsv.gz'), names, transactions(workbook));
    return { 'transactions.tsv.gz': count };
  } finally {
    workbook.close();
    await rm(path, { force: true });
  }
}

async function* transactions(workbook: ZipArchive): AsyncGenerator<(string | number)[]> {
  let positions: number[] | undefined;
  for await (const cells of xlsxRows(workbook)) {
    if (positions === undefined) {
      const header = cells.map(plainName);
      positions = COLUMNS.map(([name]) => header.indexOf(name));
      const missing = COLUMNS.filter((_, index) => positions?.[index] === -1).map(([name]) => name);
      if (missing.length > 0)
        throw new KindredError('DOWNLOAD_CORRUPT', `${UCI_WORKBOOK} has no column ${missing.join(', ')}`);
      continue;
    }
    const row = positions.map((position) => (cells[position] ?? '').trim());
    if (row.some((cell) => cell !== ''))
      yield row.map((cell, index) => (index === 4 ? serialDateSeconds(Number(cell)) : cell));
  }
}
