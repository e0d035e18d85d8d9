import { parseNumber } from '../event-time.js';
import { type RawEvent, type Rejection, rejection } from '../validate-event.js';
import type { Preset, Row } from './preset.js';

/** Five digits and letters for the variant (85123A); everything else is postage, fees, samples, vouchers, corrections. */
const MERCHANDISE = /^\d{5}[A-Z]*$/;

/**
 * UCI Online Retail (D. Chen, S. L. Sain, K. Guo, 2012): every invoice line of a gift shop.
 *
 * The rules, in this order; the first that applies gives the verdict:
 * 1. no customer                                             → USER_MISSING
 * 2. stock code is not merchandise (POST, D, M, BANK CHARGES) → EVENT_IGNORED_KIND
 * 3. quantity or price is no number                          → VALUE_INVALID
 * 4. price zero or negative                                  → PRICE_NOT_POSITIVE
 * 5. a cancellation (invoice begins with C) with quantity ≥ 0, or a sale with quantity ≤ 0 → QUANTITY_INVALID
 * 6. a cancellation → `return`, value = quantity given back; else `purchase`, value = quantity
 *
 * Stock codes are upper-cased (15056bl and 15056BL are one article). The invoice is kept as a property: it tells
 * equal lines of two invoices apart and names the basket.
 */
export const uciOnlineRetail: Preset = {
  name: 'uci-online-retail',
  what: 'UCI Online Retail, raw invoice lines',
  columns: {
    invoice: ['invoice', 'invoiceno'],
    item: ['itemid', 'stockcode'],
    title: ['description'],
    value: ['quantity'],
    time: ['timestamp', 'invoicedate'],
    price: ['unitprice', 'price'],
    user: ['userid', 'customerid'],
  },
  required: ['invoice', 'item', 'value', 'time', 'price', 'user'],
  guessed: true,
  notes: [
    'lines without customer, postage and fees, and free articles are left out, each counted',
    'an invoice that begins with C becomes a return',
  ],
  toEvent,
};

function toEvent(row: Row): RawEvent | Rejection {
  const userId = text(row.user).replace(/\.0$/, ''); // copies made with data frames write 17850.0
  if (userId === '') return rejection('USER_MISSING', 'the line has no customer', 'user');
  const itemId = text(row.item).toUpperCase();
  if (!MERCHANDISE.test(itemId))
    return rejection('EVENT_IGNORED_KIND', `${itemId || 'no stock code'} is not merchandise`, 'item');
  const quantity = numberOf(row.value);
  const price = numberOf(row.price);
  if (quantity === undefined) return rejection('VALUE_INVALID', 'the quantity is not a number', 'value');
  if (price === undefined) return rejection('VALUE_INVALID', 'the price is not a number', 'price');
  if (price <= 0) return rejection('PRICE_NOT_POSITIVE', `the price is ${price}`, 'price');
  const invoice = text(row.invoice);
  const cancelled = /^c/i.test(invoice);
  if (quantity === 0 || quantity < 0 !== cancelled) {
    return rejection('QUANTITY_INVALID', `a ${cancelled ? 'cancellation' : 'sale'} of ${quantity}`, 'value');
  }
  const type = cancelled ? 'return' : 'purchase';
  return { userId, itemId, type, time: readTime(row.time), value: Math.abs(quantity), properties: { invoice } };
}

function text(cell: unknown): string {
  return cell === undefined || cell === null ? '' : String(cell);
}

function numberOf(cell: unknown): number | undefined {
  return typeof cell === 'string'
    ? parseNumber(cell)
    : typeof cell === 'bigint'
      ? Number(cell)
      : (cell as number | undefined);
}

/** Copies that went through a spreadsheet write 12/1/2010 8:26, month first. */
function readTime(cell: unknown): unknown {
  const parts = typeof cell === 'string' ? /^(\d{1,2})\/(\d{1,2})\/(\d{4}) (\d{1,2}):(\d{2})$/.exec(cell) : null;
  if (parts === null) return cell;
  const [, month = '', day = '', year, hour = '', minute] = parts;
  return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}T${hour.padStart(2, '0')}:${minute}`;
}
