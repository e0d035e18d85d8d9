/**
 * FNV-1a (Fowler, Noll and Vo) over the UTF-16 code units of a text: 32 bits, the same on every machine and in every
 * version. Hashes of it are stored with models, so it may not change.
 */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let k = 0; k < text.length; k++) hash = Math.imul(hash ^ text.charCodeAt(k), 0x01000193);
  return hash >>> 0;
}
