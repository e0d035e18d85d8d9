import { describe, expect, it } from 'vitest';
import { decodeSafetensors, encodeSafetensors } from '../src/artefact/index.js';

const join = (pieces: Uint8Array[]) => new Uint8Array(Buffer.concat(pieces));

describe('safetensors', () => {
  it('is the public format: 8 bytes of length, JSON header padded to 8, data without gaps', () => {
    const bytes = join(
      encodeSafetensors({
        a: { shape: [2, 1], data: Float32Array.of(1, -2) },
        b: { shape: [3], data: Uint8Array.of(7, 8, 9) },
      }),
    );
    const headerBytes = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(headerBytes % 8).toBe(0);
    const header = JSON.parse(Buffer.from(bytes.subarray(8, 8 + headerBytes)).toString('utf8'));
    expect(header).toEqual({
      a: { dtype: 'F32', shape: [2, 1], data_offsets: [0, 8] },
      b: { dtype: 'U8', shape: [3], data_offsets: [8, 11] },
    });
    expect([...bytes.subarray(8 + headerBytes)]).toEqual([0, 0, 128, 63, 0, 0, 0, 192, 7, 8, 9]);
  });

  it('reads a file of another writer: metadata, no padding, scalars', () => {
    const header = '{"__metadata__":{"by":"hand"},"x":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}';
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    const bytes = join([length, Buffer.from(header), Buffer.from([0, 0, 32, 65])]);
    expect(decodeSafetensors(bytes)).toEqual({ x: { shape: [], data: Float32Array.of(10) } });
  });

  it('gives back what it wrote, widest types first, from a view into a larger buffer', () => {
    const whole = Float32Array.of(9, 1, 2, 3, 9);
    const tensors = {
      bytes: { shape: [3], data: Uint8Array.of(1, 2, 3) },
      floats: { shape: [3], data: whole.subarray(1, 4) },
      numbers: { shape: [1, 2], data: Uint32Array.of(4_000_000_000, 1) },
    };
    const decoded = decodeSafetensors(join(encodeSafetensors(tensors)));
    expect(decoded.bytes?.data).toEqual(tensors.bytes.data);
    expect([...(decoded.floats?.data ?? [])]).toEqual([1, 2, 3]);
    expect(decoded.numbers).toEqual(tensors.numbers);
  });

  it.each([
    ['nothing', (_: Uint8Array) => new Uint8Array(3)],
    ['a cut end', (bytes: Uint8Array) => bytes.slice(0, -1)],
    ['a cut header', (bytes: Uint8Array) => bytes.slice(0, 20)],
    ['a header that is no JSON', (bytes: Uint8Array) => bytes.slice().fill(0x7b, 8, 20)],
    ['a header length beyond the file', (bytes: Uint8Array) => bytes.slice().fill(0xff, 0, 8)],
  ])('refuses %s as MODEL_CORRUPT', (_, damage) => {
    const bytes = join(encodeSafetensors({ a: { shape: [2], data: Float32Array.of(1, 2) } }));
    expect(() => decodeSafetensors(damage(bytes))).toThrow(expect.objectContaining({ code: 'MODEL_CORRUPT' }));
  });

  it('refuses a shape that does not fit its bytes', () => {
    const bytes = join(encodeSafetensors({ a: { shape: [3], data: Float32Array.of(1, 2) } }));
    expect(() => decodeSafetensors(bytes)).toThrow(/8 bytes, its shape asks for 12/);
  });
});
