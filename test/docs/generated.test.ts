import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
// @ts-expect-error a plain script without types
import { generatedDocuments } from '../../scripts/generated-docs.mjs';

it.each(Object.entries(generatedDocuments() as Record<string, string>))(
  '%s is what the code says (npm run generate)',
  async (path, content) => {
    expect(await readFile(new URL(`../../${path}`, import.meta.url), 'utf8')).toBe(content);
  },
);
