import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
// @ts-expect-error a plain script without types
import { PICTURES } from '../../benchmarks/pictures/write-picture.mjs';
// @ts-expect-error a plain script without types
import { withTrainTables } from '../../benchmarks/train-parts.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
const rows = read('results/README.md')
  .split('\n')
  .filter((line) => /^\| \[/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()));
const files = readdirSync(join(root, 'results'), { recursive: true, encoding: 'utf8' }).filter((name) =>
  /\.(json|svg)$/.test(name),
);

/** What of a command does not exist: its script, or a flag that neither the script nor what the resumable ones share declares. */
function faultOf(command: string): string | undefined {
  const last = command.split('&&').at(-1) as string;
  const [, npmScript, node = '', flags = ''] = /^\s*(?:npm run ([a-z-]+)|node (\S+))(.*)$/.exec(last) ?? [];
  const program =
    npmScript === undefined ? node : (/node (benchmarks\/\S+)$/.exec(scripts[npmScript] ?? '')?.[1] ?? '');
  if (program === '' || !existsSync(join(root, program))) return `nothing runs by ${command}`;
  const source = read(program);
  const declared = source.includes('RESUMABLE_FLAGS') ? source + read('benchmarks/resumable-runs.mjs') : source;
  const unknown = [...flags.matchAll(/--([a-z-]+)/g)].filter(
    ([, flag]) => !new RegExp(`\\b${flag}'?: \\{`).test(declared),
  );
  return unknown.length === 0 ? undefined : `${program} has no ${unknown.map(([flag]) => flag).join(', ')}`;
}

describe('results/README.md', () => {
  it('lists every file once', () => {
    const listed = rows.flatMap(([, cell = '']) =>
      [...cell.matchAll(/\]\(([^)]+)\)/g)].map(([, file]) => file as string),
    );
    expect([...listed].sort()).toEqual([...files].sort());
  });

  it.each(rows.map((cells) => [cells[1], cells[3]] as const))('%s is made by a command that exists', (_, cell = '') => {
    const commands = [...cell.matchAll(/`((?:npm|node) [^`]+)`/g)].map(([, command]) => command as string);
    expect(commands.length).toBeGreaterThan(0);
    expect(commands.map(faultOf).filter(Boolean)).toEqual([]);
  });
});

it.each(files.filter((name) => name.endsWith('.json')))('%s names a command that runs as it stands', (name) => {
  const { command } = JSON.parse(read(join('results', name))) as { command: string };
  expect(faultOf(command)).toBeUndefined();
  expect(command).not.toMatch(/\/tmp|\(|,$|\bSET\b/);
});

it('sees a script and a flag that are not there', () => {
  expect(faultOf('npm run nothing')).toBe('nothing runs by npm run nothing');
  expect(faultOf('node benchmarks/none.mjs')).toBe('nothing runs by node benchmarks/none.mjs');
  expect(faultOf('npm run leaderboard -- --sets uci --wings')).toBe('benchmarks/leaderboard.mjs has no --wings');
});

describe('node benchmarks/pictures.mjs', () => {
  it.each(Object.entries(PICTURES as Record<string, (report: object) => string>))(
    'has drawn %s as its file says',
    (name, draw) => {
      expect(read(`results/${name}.svg`)).toBe(draw(JSON.parse(read(`results/${name}.json`))));
    },
  );

  it('has made the tables of benchmarks/README.md of results/train.json, in ms', () => {
    const page = read('benchmarks/README.md');
    expect(withTrainTables(page, JSON.parse(read('results/train.json')))).toBe(page);
    const step = { set: 'tiny', engine: 'wasm', stepMs: { median: 20 }, shares: { gather: 0.25, loss: 0.75 } };
    const trained = { set: 'tiny', method: 'lightgcn', engine: 'wasm', epochs: 30, validations: 7 };
    const validation = [{ ...trained, seconds: { median: 4 }, betweenEpochs: { median: 0.08 } }];
    const lines = withTrainTables(page, { results: [step], validation }).replaceAll(/ +/g, ' ');
    expect(lines).toContain('| tiny | wasm | 20.0 | 5.0 | 15.0 |');
    expect(lines).toContain('| tiny | lightgcn | wasm | 4,000 | 30 | 7 | 320 | 8.0 % |');
  });
});
