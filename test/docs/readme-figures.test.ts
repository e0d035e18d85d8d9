import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);
const read = (name: string) => readFile(new URL(name, root), 'utf8');

interface StepResult {
  readonly engine: string;
  readonly description: string;
  readonly gradient: string;
  readonly medianMs: number;
}

it("the engines' milliseconds in the README are those of results/step.json and results/h100/step.json", async () => {
  const rows = (await read('README.md')).matchAll(
    /^\| (tensorflow|wasm|webgpu|cpu) +\| (.+?) +\| .+ \| +(\S+) \| +(\S+?)(?:, .*)? \|$/gm,
  );
  const [here, onHost] = await Promise.all(
    ['results/step.json', 'results/h100/step.json'].map(async (name) => JSON.parse(await read(name)).results),
  );
  const msOf = (results: readonly StepResult[], engine: string, plain: boolean) => {
    const found = results.find(
      (result) =>
        result.gradient === 'by hand' &&
        result.engine === engine &&
        (engine !== 'wasm' || plain !== result.description.includes('ONNX')),
    );
    return found === undefined ? '–' : shown(found.medianMs);
  };
  const shown = (ms: number) => (ms < 10 ? ms.toFixed(1) : Math.round(ms).toLocaleString('en'));
  const told = [...rows].map(([, engine = '', what = '', ...ms]) => {
    const plain = what.includes('without ONNX');
    expect([engine, what, ...ms]).toEqual([engine, what, msOf(here, engine, plain), msOf(onHost, engine, plain)]);
    return engine;
  });
  expect(told).toEqual(['tensorflow', 'wasm', 'wasm', 'webgpu', 'cpu']);
});
