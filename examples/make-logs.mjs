// Writes the made logs of the examples again; the same lines each time. Run: node examples/make-logs.mjs [FOLDER]
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Random } from '@kindred/domain';

const SHELVES = {
  tea: ['Assam', 'Darjeeling', 'Earl Grey', 'Sencha', 'Rooibos', 'Tea tin, small', 'Tea tin, large', 'Strainer'],
  garden: ['Trowel', 'Seed tray', 'Basil seeds', 'Tomato seeds', 'Watering can', 'Gloves', 'Twine', 'Plant labels'],
  bicycle: ['Inner tube', 'Tyre lever', 'Chain oil', 'Front light', 'Rear light', 'Bell', 'Pump', 'Patch kit'],
  paper: ['Notebook', 'Fountain pen', 'Ink, blue', 'Ink, black', 'Blotter', 'Envelopes', 'Stamps', 'Wax seal'],
};
const SHELF_NAMES = Object.keys(SHELVES);
const CUSTOMERS = 80;
const FIRST_DAY_MS = Date.UTC(2026, 0, 5);
const DAY_MS = 86_400_000;
const DAYS = 120;

const [folder = import.meta.dirname] = process.argv.slice(2);
const random = new Random(7, 'made logs');
const article = (shelf, k) => `${SHELF_NAMES[shelf].slice(0, 1).toUpperCase()}-${101 + k}`;
const titleOf = (shelf, k) => SHELVES[SHELF_NAMES[shelf]][k];

/** Everybody has a favourite shelf and now and then strays; articles that stand first sell best. */
function makeSales() {
  const sales = [];
  for (let customer = 0; customer < CUSTOMERS; customer++) {
    const favourite = customer % SHELF_NAMES.length;
    const orders = 5 + random.below(6);
    for (let order = 0; order < orders; order++) {
      const shelf = random.next() < 0.85 ? favourite : random.below(SHELF_NAMES.length);
      const k = Math.min(random.below(8), random.below(8) + 2);
      const timeMs = FIRST_DAY_MS + Math.floor(random.next() * DAYS * DAY_MS);
      sales.push({ customer: `c${1000 + customer}`, shelf, k, timeMs, pieces: 1 + random.below(3) });
    }
  }
  return sales.sort((a, b) => a.timeMs - b.timeMs);
}

const iso = (timeMs) => new Date(timeMs).toISOString().slice(0, 19).replace('T', ' ');
const quoted = (text) => (text.includes(',') ? `"${text}"` : text);

function writeLines(name, rows) {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${rows.join('\n')}\n`);
}

const sales = makeSales();

const orders = sales.map(
  ({ customer, shelf, k, timeMs, pieces }, n) =>
    `${5000 + n},${iso(timeMs)},${customer},${article(shelf, k)},${quoted(titleOf(shelf, k))},${pieces}`,
);
// What real exports hold too: an order without a customer, and a date that is none.
orders.splice(40, 0, '4998,2026-01-12 09:30:00,,T-101,Assam,1');
orders.splice(90, 0, '4999,2026-02-31 12:00:00,c1003,P-101,Notebook,1');
writeLines('own-log/orders.csv', ['order_no,bought_on,customer,article,article_name,pieces', ...orders]);

const last = Math.floor(sales.length * 0.85);
const row = ({ customer, shelf, k, timeMs }) => `${customer}\t${article(shelf, k)}\t${Math.floor(timeMs / 1000)}`;
writeLines('offline-benchmark/train.tsv', ['user_id\titem_id\ttimestamp', ...sales.slice(0, last).map(row)]);
writeLines('offline-benchmark/test.tsv', ['user_id\titem_id\ttimestamp', ...sales.slice(last).map(row)]);

const clicks = sales.map(({ customer, shelf, k, timeMs }) =>
  JSON.stringify({ userId: customer, itemId: article(shelf, k), type: 'click', time: new Date(timeMs).toISOString() }),
);
writeLines('train-in-code/clicks.jsonl', clicks);
