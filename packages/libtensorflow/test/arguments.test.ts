import { describe, expect, it } from 'vitest';
import { HELP, parseCommand } from '../src/arguments.js';

const parse = (line: string, env = {}) => parseCommand(line === '' ? [] : line.split(' '), env, '/project');

describe('parseCommand', () => {
  it('works on this folder, for the CPU, with the cache of the user', () => {
    const { setup } = parse('', { HOME: '/home/ann' });
    expect(setup).toMatchObject({
      root: '/project',
      device: 'cpu',
      cacheDirectory: '/home/ann/.cache/tfjs-libtensorflow',
    });
  });

  it('honours XDG_CACHE_HOME and CXX, and flags above both', () => {
    const env = { HOME: '/home/ann', XDG_CACHE_HOME: '/var/cache', CXX: 'clang++' };
    expect(parse('', env).setup).toMatchObject({
      cacheDirectory: '/var/cache/tfjs-libtensorflow',
      compiler: 'clang++',
    });
    expect(parse('--cache /c --cxx g++-12', env).setup).toMatchObject({ cacheDirectory: '/c', compiler: 'g++-12' });
    expect(parse('', { ...env, XDG_CACHE_HOME: 'relative' }).setup.cacheDirectory).toBe(
      '/home/ann/.cache/tfjs-libtensorflow',
    );
  });

  it('hands every flag on', () => {
    const command = parse(
      '--gpu --tensorflow 2.18.0 --from mvn --maven-base http://127.0.0.1/m --nvidia /n --root /r --fresh --check --json',
    );
    expect(command).toMatchObject({ check: true, json: true });
    expect(command.setup).toMatchObject({
      device: 'gpu',
      tensorflow: '2.18.0',
      client: 'mvn',
      mavenBase: 'http://127.0.0.1/m',
      nvidia: '/n',
      root: '/r',
      fresh: true,
    });
    expect(parse('--libs /l').setup.libraries).toBe('/l');
    expect(parse(`--wheel w --sha256 ${'a'.repeat(64)}`).setup).toMatchObject({ archive: 'w', sha256: 'a'.repeat(64) });
  });

  it.each([
    '--from apt',
    '--jar a --libs b',
    '--jar a --from mvn',
    '--jar a --tensorflow 2.18.0',
    '--sha256 aa --jar a',
    `--sha256 ${'a'.repeat(64)}`,
    '--maven-base ftp://x',
    '--maven-base http://x --from pip',
    '--no-such-flag',
    'word',
    '--tensorflow',
  ])('refuses %s', (line) => {
    expect(() => parse(line)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });

  it('describes each flag and each release in the help', () => {
    for (const flag of [
      'gpu',
      'tensorflow',
      'from',
      'maven-base',
      'jar',
      'wheel',
      'libs',
      'sha256',
      'nvidia',
      'root',
      'cache',
      'cxx',
      'fresh',
      'check',
      'json',
    ]) {
      expect(HELP).toContain(`--${flag} `);
    }
    expect(HELP).toContain('2.10.1  cpu  mvn   117 MB');
  });
});
