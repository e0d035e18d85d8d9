import { describe, expect, it } from 'vitest';
import { itemCategories, itemTexts } from '../src/index.js';

describe('itemTexts', () => {
  it('joins title, category and the columns that are text; numbers, addresses and keys are none', () => {
    const attributes = (year: string, sku: string, maker: string) => ({
      year,
      sku,
      maker,
      url: `http://shop.example/${sku}`,
    });
    const texts = itemTexts([
      { itemId: 'a', title: 'Red lamp', category: 'light', attributes: attributes('1999', 'k1', 'Smith') },
      { itemId: 'b', title: 'Blue lamp', attributes: attributes('2001', 'k2', 'Smith') },
      { itemId: 'c' },
    ]);
    expect([...texts]).toEqual([
      ['a', 'Red lamp\nlight\nSmith'],
      ['b', 'Blue lamp\nSmith'],
    ]);
  });

  it('takes a column of distinct cells as text when they are words, not keys', () => {
    const texts = itemTexts([
      { itemId: 'a', attributes: { brand: 'Smith and sons' } },
      { itemId: 'b', attributes: { brand: 'Jones' } },
    ]);
    expect(texts.get('b')).toBe('Jones');
  });
});

describe('itemCategories', () => {
  it('is the category, else the first genre of a list in a text', () => {
    const categories = itemCategories([
      { itemId: 'a', category: 'light', attributes: { genres: 'Drama' } },
      { itemId: 'b', attributes: { genres: 'Comedy|Drama' } },
      { itemId: 'c', attributes: { genres: ['Drama'] } },
    ]);
    expect([...categories]).toEqual([
      ['a', 'light'],
      ['b', 'Comedy'],
    ]);
  });
});
