/** 0.1234: metrics between 0 and 1, and larger ones with as many digits as they need. */
export function metricText(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '–';
  return Math.abs(value) >= 10 ? value.toFixed(2) : value.toFixed(4);
}

/** 12,345 */
export function countText(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** 1 user, 1,116 users */
export function countedText(count: number, one: string): string {
  return `${countText(count)} ${one}${count === 1 ? '' : 's'}`;
}

/** 5 %, 2.5 %: a round share, as on an axis. */
export function percentTick(share: number): string {
  return `${Number((share * 100).toPrecision(4))} %`;
}

/** 12 %, 5.1 % */
export function percentText(share: number): string {
  const percent = share * 100;
  return `${percent >= 10 || percent === 0 ? percent.toFixed(0) : percent.toFixed(1)} %`;
}

/** 850 ms, 12.3 s, 4 min 05 s */
export function secondsText(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 100) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}

/** 310 MB */
export function bytesText(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : `${Math.round(bytes / 1e6)} MB`;
}

/** p = .012, or p < .001 when it is as small as the samples can show. */
export function pValueText(p: number): string {
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}

/** ± 0.0042; the training gives the whole scale, 1, where a single user leaves it unknown. */
export function errorText(error: number | undefined): string {
  if (error === undefined) return '–';
  return error >= 1 ? 'unknown' : `± ${metricText(error)}`;
}
