import { describe, expect, it } from 'vitest';
import { findReleaseBySha256, getCandidates, RELEASES } from '../src/releases.js';

describe('the table of releases', () => {
  it('pins each archive by a sum of its own', () => {
    const sums = RELEASES.map((release) => release.archive.sha256);
    expect(new Set(sums).size).toBe(sums.length);
    for (const { archive } of RELEASES) {
      expect(archive.sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(archive.bytes).toBeGreaterThan(100e6);
    }
  });

  it('offers Maven before pip, each with its default', () => {
    const names = getCandidates({ device: 'cpu' }).map((r) => `${r.archive.client} ${r.tensorflow}`);
    expect(names).toEqual(['mvn 2.10.1', 'pip 2.18.1']);
    expect(getCandidates({ device: 'gpu' }).map((r) => `${r.archive.client} ${r.tensorflow}`)).toEqual([
      'mvn 2.18.0',
      'pip 2.18.1',
    ]);
  });

  it('keeps to the client and the version that were asked for', () => {
    expect(
      getCandidates({ device: 'cpu', client: 'pip', tensorflow: '2.15.1' }).map((r) => r.archive.coordinates),
    ).toEqual(['tensorflow-cpu==2.15.1']);
    expect(getCandidates({ device: 'cpu', tensorflow: '2.10.1' })).toHaveLength(1);
  });

  it('names what there is when there is none', () => {
    expect(() => getCandidates({ device: 'gpu', tensorflow: '2.10.1' })).toThrow(
      /2\.10\.1 gpu is not in the table; there are: 2\.10\.1 cpu by mvn/,
    );
  });

  it('knows an archive by its sum', () => {
    const [first] = RELEASES;
    expect(findReleaseBySha256(first?.archive.sha256 ?? '')).toBe(first);
    expect(findReleaseBySha256('0'.repeat(64))).toBeUndefined();
  });
});
