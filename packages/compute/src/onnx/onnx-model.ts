/**
 * Writes the few bytes of an ONNX model (protobuf wire format) that a graph without weights needs.
 * Field numbers are those of onnx.proto3; values are of any rank, inputs float32.
 */
export interface OnnxNode {
  readonly operator: string;
  /** '' is the standard domain of ONNX. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, number>>;
}

interface OnnxOutput {
  readonly name: string;
  readonly type: ElementType;
}

/** Of onnx.proto3's TensorProto.DataType. */
export const ELEMENT_FLOAT = 1;
export const ELEMENT_BFLOAT16 = 16;
type ElementType = typeof ELEMENT_FLOAT | typeof ELEMENT_BFLOAT16;

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly string[];
  readonly outputs: readonly OnnxOutput[];
  /** Domain and version of each set of operators. */
  readonly operatorSets: Readonly<Record<string, number>>;
}

const IR_VERSION = 8;
const ATTRIBUTE_INT = 2;

/** The bytes of the model of a graph. */
export function writeOnnxModel(graph: OnnxGraph): Uint8Array {
  const body = [
    ...graph.nodes.flatMap((node) => bytesField(1, nodeBytes(node))),
    ...textField(2, 'graph'),
    ...graph.inputs.flatMap((name) => bytesField(11, valueBytes(name, ELEMENT_FLOAT))),
    ...graph.outputs.flatMap(({ name, type }) => bytesField(12, valueBytes(name, type))),
  ];
  const operatorSets = Object.entries(graph.operatorSets).flatMap(([domain, version]) =>
    bytesField(8, [...textField(1, domain), ...numberField(2, version)]),
  );
  return Uint8Array.from([...numberField(1, IR_VERSION), ...bytesField(7, body), ...operatorSets]);
}

function nodeBytes(node: OnnxNode): number[] {
  return [
    ...node.inputs.flatMap((name) => textField(1, name)),
    ...node.outputs.flatMap((name) => textField(2, name)),
    ...textField(4, node.operator),
    ...Object.entries(node.attributes).flatMap(([name, value]) =>
      bytesField(5, [...textField(1, name), ...numberField(3, value), ...numberField(20, ATTRIBUTE_INT)]),
    ),
    ...textField(7, node.domain),
  ];
}

/** A value without a stated shape. */
function valueBytes(name: string, type: ElementType): number[] {
  return [...textField(1, name), ...bytesField(2, bytesField(1, numberField(1, type)))];
}

function numberField(field: number, value: number): number[] {
  return [...varint(field * 8), ...varint(value)];
}

function textField(field: number, text: string): number[] {
  return bytesField(field, [...new TextEncoder().encode(text)]);
}

function bytesField(field: number, bytes: readonly number[]): number[] {
  return [...varint(field * 8 + 2), ...varint(bytes.length), ...bytes];
}

/** Base 128, least significant group first; every byte but the last has its top bit set. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
}
