import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { validateEvent } from '../src/index.js';
import { NOW_MS } from './written.js';

const good = { userId: 'u', itemId: 'i', type: 'purchase', time: '2026-01-01T00:00:00Z', value: 2 };
const code = (change: Record<string, unknown>, options = {}) => {
  const verdict = validateEvent({ ...good, ...change }, NOW_MS, options);
  return verdict.kind === 'event' ? 'event' : verdict.code;
};
const idOf = (raw: Record<string, unknown>) => {
  const verdict = validateEvent({ ...good, ...raw }, NOW_MS);
  return verdict.kind === 'event' ? verdict.event.id : verdict.code;
};

describe('validateEvent', () => {
  it('asks for text where an id has more digits than a number holds', () => {
    const verdict = validateEvent({ ...good, itemId: 12345678901234567000 }, NOW_MS);
    expect(verdict).toMatchObject({ code: 'ITEM_INVALID', message: expect.stringContaining('send it as text') });
  });

  it('gives an event with everything in its place', () => {
    expect(validateEvent({ ...good, id: 'mine', properties: { page: 3 } }, NOW_MS)).toEqual({
      kind: 'event',
      event: {
        id: 'mine',
        userId: 'u',
        itemId: 'i',
        type: 'purchase',
        timeMs: Date.UTC(2026, 0, 1),
        value: 2,
        properties: { page: 3 },
      },
    });
  });

  it.each([
    [{ userId: undefined }, 'USER_MISSING'],
    [{ userId: '' }, 'USER_MISSING'],
    [{ userId: '  ' }, 'USER_MISSING'],
    [{ userId: 'x'.repeat(256) }, 'event'],
    [{ userId: 'x'.repeat(257) }, 'USER_INVALID'],
    [{ userId: 'a\nb' }, 'USER_INVALID'],
    [{ userId: 'a\0b' }, 'USER_INVALID'],
    [{ userId: '\ud800' }, 'USER_INVALID'],
    [{ userId: '😀 Zoë ' }, 'event'],
    [{ userId: 17850 }, 'event'],
    [{ userId: 17850.5 }, 'USER_INVALID'],
    [{ userId: { $ne: '' } }, 'USER_INVALID'],
    [{ itemId: null }, 'ITEM_MISSING'],
    [{ itemId: 'a\u007fb' }, 'ITEM_INVALID'],
    [{ type: undefined }, 'TYPE_INVALID'],
    [{ type: 'two words' }, 'TYPE_INVALID'],
    [{ type: 'own_type-2' }, 'event'],
    [{ type: 'x'.repeat(65) }, 'TYPE_INVALID'],
    [{ time: undefined }, 'TIME_MISSING'],
    [{ time: 'soon' }, 'TIME_INVALID'],
    [{ time: NOW_MS + 23 * 3_600_000 }, 'event'],
    [{ time: NOW_MS + 25 * 3_600_000 }, 'TIME_IN_FUTURE'],
    [{ value: Number.NaN }, 'VALUE_INVALID'],
    [{ value: 'NaN' }, 'VALUE_INVALID'],
    [{ value: 'Infinity' }, 'VALUE_INVALID'],
    [{ value: '0x10' }, 'VALUE_INVALID'],
    [{ value: true }, 'VALUE_INVALID'],
    [{ value: ' 2.5 ' }, 'event'],
    [{ value: null }, 'event'],
    [{ id: 'x'.repeat(257) }, 'EVENT_ID_INVALID'],
    [{ id: 'a\tb' }, 'EVENT_ID_INVALID'],
    [{ properties: [1] }, 'EVENT_INVALID'],
    [{ properties: { a: 'x\0' } }, 'EVENT_INVALID'],
    [{ properties: { 'k\0': 1 } }, 'EVENT_INVALID'],
    [{ properties: { a: Number.NaN } }, 'EVENT_INVALID'],
    [{ properties: { a: 'x'.repeat(20_000) } }, 'EVENT_INVALID'],
    [{ properties: { a: [{ b: [{ c: 'fine' }] }] } }, 'event'],
    [{ properties: JSON.parse(`${'{"a":'.repeat(50)}1${'}'.repeat(50)}`) }, 'EVENT_INVALID'],
  ])('%o → %s', (change, expected) => expect(code(change)).toBe(expected));

  it('takes no time only from a log without a time axis', () => {
    expect(code({ time: undefined }, { timeOptional: true })).toBe('event');
    expect(code({ time: 'soon' }, { timeOptional: true })).toBe('TIME_INVALID');
  });

  it('keeps ids exactly as given', () => {
    const verdict = validateEvent({ ...good, userId: ' A\u0301 ', itemId: '007' }, NOW_MS);
    expect(verdict.kind === 'event' && [verdict.event.userId, verdict.event.itemId]).toEqual([' A\u0301 ', '007']);
  });

  it('hashes the content when there is no id: equal content, equal id; any difference, another', () => {
    const id = idOf({});
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(idOf({ time: Date.UTC(2026, 0, 1) / 1000, value: '2.0' })).toBe(id);
    const others = [
      { userId: 'v' },
      { itemId: 'j' },
      { type: 'view' },
      { time: 1 },
      { value: 3 },
      { value: null },
      { properties: {} },
    ];
    expect(new Set([id, ...others.map(idOf)]).size).toBe(others.length + 1);
    expect(idOf({ properties: { a: 1, b: { c: 2, d: 3 } } })).toBe(idOf({ properties: { b: { d: 3, c: 2 }, a: 1 } }));
  });

  it('never throws and never lets a broken event through, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything(),
          fc.record({
            userId: fc.anything(),
            itemId: fc.anything(),
            type: fc.anything(),
            time: fc.anything(),
            value: fc.anything(),
            properties: fc.anything(),
          }),
        ),
        (raw) => {
          const verdict = validateEvent(raw, NOW_MS);
          if (verdict.kind === 'rejected') return verdict.message.length > 0;
          const { userId, itemId, timeMs, value, id } = verdict.event;
          return (
            userId.length > 0 &&
            itemId.length > 0 &&
            Number.isFinite(timeMs) &&
            (value === undefined || Number.isFinite(value)) &&
            id.length > 0
          );
        },
      ),
      { seed: 5, numRuns: 500 },
    );
  });
});
