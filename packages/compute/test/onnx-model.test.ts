import { describe, expect, it } from 'vitest';
import { ELEMENT_FLOAT, writeOnnxModel } from '../src/onnx/onnx-model.js';
import { matmulModel } from '../src/onnx/ort-kernels.js';

/** A field of a protobuf message: a number, or bytes. */
type Field = readonly [field: number, value: number | Uint8Array];

function decode(bytes: Uint8Array): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++] as number;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    if ((tag & 7) === 0) fields.push([tag >> 3, varint()]);
    else {
      expect(tag & 7).toBe(2);
      const length = varint();
      fields.push([tag >> 3, bytes.subarray(at, at + length)]);
      at += length;
    }
  }
  expect(at).toBe(bytes.length);
  return fields;
}

const parts = (fields: Field[], field: number) =>
  fields.filter(([number]) => number === field).map(([, value]) => value);
const texts = (fields: Field[], field: number) =>
  parts(fields, field).map((value) => new TextDecoder().decode(value as Uint8Array));

describe('an ONNX model', () => {
  it('of a product holds its node with its flags, and before its output one that no array can hold', () => {
    const model = decode(matmulModel(true, false));
    expect(parts(model, 1)).toEqual([8]);
    const sets = parts(model, 8).map((set) => decode(set as Uint8Array));
    expect(sets.map((set) => [texts(set, 1)[0], parts(set, 2)[0]])).toEqual([
      ['', 17],
      ['com.microsoft', 1],
    ]);
    const graph = decode(parts(model, 7)[0] as Uint8Array);
    const nodes = parts(graph, 1).map((bytes) => decode(bytes as Uint8Array));
    expect(nodes.flatMap((each) => texts(each, 4))).toEqual(['Shape', 'Cast', 'FusedMatMul']);
    const node = nodes.at(-1) as Field[];
    expect([texts(node, 1), texts(node, 2), texts(node, 4), texts(node, 7)]).toEqual([
      ['a', 'b'],
      ['c'],
      ['FusedMatMul'],
      ['com.microsoft'],
    ]);
    const attributes = parts(node, 5).map((bytes) => decode(bytes as Uint8Array));
    expect(attributes.map((each) => [texts(each, 1)[0], parts(each, 3)[0], parts(each, 20)[0]])).toEqual([
      ['transA', 1, 2],
      ['transB', 0, 2],
    ]);
    expect(parts(graph, 11).map((value) => texts(decode(value as Uint8Array), 1)[0])).toEqual(['a', 'b']);
    const outputs = parts(graph, 12).map((value) => decode(value as Uint8Array));
    expect(outputs.map((value) => texts(value, 1)[0])).toEqual(['stop', 'c']);
    const typeOf = (value: Field[]) => decode(parts(decode(parts(value, 2)[0] as Uint8Array), 1)[0] as Uint8Array);
    expect(outputs.map((value) => parts(typeOf(value), 1)[0])).toEqual([16, 1]);
  });

  it('writes lengths and numbers above 127 in several bytes', () => {
    const name = 'x'.repeat(300);
    const node = { operator: 'Identity', domain: '', inputs: [name], outputs: ['y'], attributes: { axis: 20_000 } };
    const outputs = [{ name: 'y', type: ELEMENT_FLOAT } as const];
    const model = writeOnnxModel({ nodes: [node], inputs: [name], outputs, operatorSets: { '': 17 } });
    const graph = decode(parts(decode(model), 7)[0] as Uint8Array);
    const written = decode(parts(graph, 1)[0] as Uint8Array);
    expect(texts(written, 1)).toEqual([name]);
    expect(parts(decode(parts(written, 5)[0] as Uint8Array), 3)).toEqual([20_000]);
  });
});
