const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Reads a duration such as `90s`, `15m`, `24h` or `7d`.
 * @returns whole milliseconds, or undefined when the text is no duration
 */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim());
  const unitMs = UNIT_MS[match?.[2] ?? ''];
  if (match === null || unitMs === undefined) return undefined;
  return Math.round(Number(match[1]) * unitMs);
}

/**
 * Writes a duration in the largest unit that it is a whole number of: `90s`, `15m`, `1d`.
 * @param durationMs whole milliseconds above 0
 */
export function formatDuration(durationMs: number): string {
  const [unit, unitMs] = Object.entries(UNIT_MS).findLast(([, ms]) => durationMs % ms === 0) ?? ['ms', 1];
  return `${durationMs / unitMs}${unit}`;
}
