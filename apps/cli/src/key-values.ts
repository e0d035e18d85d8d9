import { KindredError } from '@kindred/domain';

/**
 * Values of repeated `--set key=value`: dots in keys nest, numbers and true, false and null are taken as such.
 * @param flag what the error calls it
 * @throws KindredError USAGE
 */
export function parseKeyValues(pairs: readonly string[], flag = '--set'): Record<string, unknown> {
  const settings: Record<string, unknown> = {};
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at < 1) {
      throw new KindredError('USAGE', `${flag} takes key=value, not ${JSON.stringify(pair)}`, { field: flag });
    }
    const path = pair.slice(0, at).split('.');
    if (path.some((key) => key === '' || key === '__proto__')) {
      throw new KindredError('USAGE', `${flag} ${path.join('.')}: a key is empty`, { field: flag });
    }
    assign(settings, path, readValue(pair.slice(at + 1)));
  }
  return settings;
}

/** Gathers a flag that may be given several times. */
export function gather(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

function assign(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [key, ...rest] = path;
  if (key === undefined) return;
  if (rest.length === 0) {
    target[key] = value;
    return;
  }
  const inner = target[key];
  const next = typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>) : {};
  target[key] = next;
  assign(next, rest, value);
}

function readValue(text: string): unknown {
  if (text === 'true') return true;
  if (text === 'false') return false;
  if (text === 'null') return null;
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}
