import { KindredError } from '@kindred/domain';

const NAMES = ['auto', 'tensorflow', 'wasm', 'webgpu', 'cpu'] as const;

/** The engine that a flag or the configuration names. @throws KindredError USAGE */
export function engineOf(name: string): (typeof NAMES)[number] {
  const found = NAMES.find((engine) => engine === name);
  if (found !== undefined) return found;
  throw new KindredError('USAGE', `--engine is one of ${NAMES.join(', ')}, not ${name}`, { field: '--engine' });
}
