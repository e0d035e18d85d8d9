import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../apps/cli/dist/program.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const list = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], { cwd: root });
const pages = list
  .toString()
  .split('\n')
  .filter((page) => page !== '' && existsSync(join(root, page)));
const textOf = (page: string) => readFileSync(join(root, page), 'utf8');

/** Targets of links and pictures outside of code, those to other sites left out. */
function relativeLinks(markdown: string): string[] {
  const prose = markdown.replaceAll(/^```[\s\S]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^()\s]+)\)/g)]
    .map(([, target]) => target as string)
    .filter((target) => !/^[a-z]+:/.test(target));
}

/** The anchors that headings get. */
function anchorsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    (heading as string)
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/g, '-'),
  );
}

interface Mention {
  readonly command: string;
  readonly flags: readonly string[];
}

/** What code says that it runs: `kindred ingest … --map …`. */
function mentions(markdown: string): Mention[] {
  const code = markdown.match(/^```[\s\S]*?^```|`[^`\n]+`/gm) ?? [];
  const calls = code.flatMap((piece) => [
    ...piece.matchAll(/(?:^|[\s`(])(?:npx )?kindred (?!is\b|:)([a-z][a-z-]*)([^`;&|\n#]*)/gm),
  ]);
  return calls.map(([, command = '', rest = '']) => ({
    command,
    flags: [...rest.matchAll(/(?:^|\s)(--[a-z-]+)/g)].map(([, flag]) => flag as string),
  }));
}

const program = createProgram();

function faultOf({ command, flags }: Mention): string | undefined {
  const found = program.commands.find((candidate) => candidate.name() === command);
  if (found === undefined) return `there is no command ${command}`;
  const options = [found, ...found.commands].flatMap(({ options }) => options.map(({ long }) => long));
  const unknown = flags.filter((flag) => flag !== '--help' && !options.includes(flag));
  return unknown.length === 0 ? undefined : `${command} has no ${unknown.join(', ')}`;
}

describe('the pages', () => {
  it('are found', () => expect(pages).toEqual(expect.arrayContaining(['README.md', 'docs/guide/pair.md'])));

  it.each(pages)('%s links to what is there', (page) => {
    const missing = relativeLinks(textOf(page)).filter((target) => {
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? join(root, page) : join(root, dirname(page), path);
      if (!existsSync(file)) return true;
      return anchor !== undefined && !anchorsOf(readFileSync(file, 'utf8')).includes(anchor);
    });
    expect(missing).toEqual([]);
  });

  it.each(pages)('%s names commands and flags that exist', (page) => {
    expect(mentions(textOf(page)).map(faultOf).filter(Boolean)).toEqual([]);
  });
});

it('the README names scripts of npm that exist, and most commands', () => {
  const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
  const readme = textOf('README.md');
  const named = [...readme.matchAll(/npm run ([a-z:]+)/g)].map(([, script]) => script as string);
  expect(named).toContain('demo');
  expect(named.filter((script) => !(script in scripts))).toEqual([]);
  expect(new Set(mentions(readme).map(({ command }) => command)).size).toBeGreaterThan(10);
});

describe('the checks can fail', () => {
  it('a link, an anchor', () => {
    expect(relativeLinks('a [b](c.md#d) `[x](y)` [z](https://z.example)\n```\n[in](code)\n```')).toEqual(['c.md#d']);
    expect(anchorsOf('# Files under `.kindred`\n## A, b')).toEqual(['files-under-kindred', 'a-b']);
  });
  it('a command, a flag', () => {
    const given =
      '`kindred fly` and\n```sh\nnpx kindred train --method x && npx kindred up --wings\n```\n`kindred serve --port 1`';
    expect(mentions(given).map(faultOf)).toEqual([
      'there is no command fly',
      undefined,
      'up has no --wings',
      undefined,
    ]);
  });
});
