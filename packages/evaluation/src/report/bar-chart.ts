import { createAxis } from './axis.js';
import { html, type Markup } from './markup.js';
import { metricText } from './number-text.js';

interface Bar {
  readonly name: string;
  readonly value: number;
  /** Drawn as a whisker. */
  readonly interval?: readonly [number, number] | undefined;
  /** Number of the colour. */
  readonly colour: number;
}

export interface BarGroup {
  readonly label: string;
  /** Second line under the label. */
  readonly note?: string | undefined;
  readonly bars: readonly Bar[];
}

const WIDTH = 440;
const VALUE_WIDTH = 56;
/** Of a letter of a label and of a note, on the generous side: nothing here can measure text. */
const LABEL_LETTER = 7;
const NOTE_LETTER = 6.2;
const GROUP_GAP = 14;

/** Where the bars begin, and the scale from there. */
interface Frame {
  readonly left: number;
  readonly barHeight: number;
  readonly place: (value: number) => number;
  readonly valueText: (value: number) => string;
}

/**
 * Horizontal bars in groups, with whiskers and the value beside each bar; values that are not numbers are left out.
 * @param tickText the values on the axis
 */
export function barChart(
  title: string,
  groups: readonly BarGroup[],
  valueText: (value: number) => string = metricText,
  tickText: (value: number) => string = (value) => String(Number(value.toPrecision(4))),
): Markup {
  const shown = groups.map((group) => ({ ...group, bars: group.bars.filter(({ value }) => Number.isFinite(value)) }));
  const largest = Math.max(...shown.flatMap(({ bars }) => bars.map((bar) => bar.interval?.[1] ?? bar.value)), 1e-9);
  const left = labelWidth(groups);
  const axis = createAxis([0, largest], [left, WIDTH - VALUE_WIDTH], 4);
  const barHeight = shown.every(({ bars }) => bars.length === 1) ? 20 : 13;
  const frame: Frame = { left, barHeight, place: axis.place, valueText };
  let top = 8;
  const drawn = shown.map((group) => {
    const height = Math.max(group.bars.length * (barHeight + 2), group.note === undefined ? 0 : 30);
    const markup = drawGroup(group, top, height, frame);
    top += height + GROUP_GAP;
    return markup;
  });
  const grid = axis.ticks.map(
    (tick) => html`<line class="grid" x1="${axis.place(tick)}" x2="${axis.place(tick)}" y1="2" y2="${top - 6}"/>
<text class="tick" x="${axis.place(tick)}" y="${top + 8}" text-anchor="middle">${tickText(tick)}</text>`,
  );
  return html`<svg viewBox="0 0 ${WIDTH} ${top + 14}" role="img" aria-label="${title}">${grid}${drawn}</svg>`;
}

/** Room for the longest label, and no more than half of the chart. */
function labelWidth(groups: readonly BarGroup[]): number {
  const widths = groups.map(({ label, note }) =>
    Math.max(label.length * LABEL_LETTER, (note?.length ?? 0) * NOTE_LETTER),
  );
  return Math.min(WIDTH / 2, Math.max(60, ...widths) + 12);
}

function drawGroup(group: BarGroup, top: number, height: number, frame: Frame): Markup {
  const middle = top + height / 2;
  const right = frame.left - 10;
  const pitch = frame.barHeight + 2;
  const first = top + (height - group.bars.length * pitch) / 2;
  const bars = group.bars.map((bar, at) => drawBar(group.label, bar, first + at * pitch, frame));
  if (group.note === undefined) {
    return html`<text class="label" x="${right}" y="${middle + 4}" text-anchor="end">${group.label}</text>${bars}`;
  }
  return html`<text class="label" x="${right}" y="${middle - 2}" text-anchor="end">${group.label}</text>
<text class="note" x="${right}" y="${middle + 13}" text-anchor="end">${group.note}</text>${bars}`;
}

function drawBar(group: string, bar: Bar, top: number, { left, barHeight, place, valueText }: Frame): Markup {
  const middle = top + barHeight / 2;
  const end = Math.max(left, place(bar.interval?.[1] ?? bar.value));
  const spread = bar.interval === undefined ? '' : ` (${valueText(bar.interval[0])} to ${valueText(bar.interval[1])})`;
  return html`<g><title>${bar.name}, ${group}: ${valueText(bar.value)}${spread}</title>
<rect class="c${bar.colour}" x="${left}" y="${top}" width="${Math.max(0, place(bar.value) - left)}" height="${barHeight}" rx="2"/>
${whisker(bar, middle, barHeight / 4, place)}<text class="value" x="${end + 6}" y="${middle + 4}">${valueText(bar.value)}</text></g>`;
}

function whisker(bar: Bar, middle: number, cap: number, place: (value: number) => number): Markup | undefined {
  if (bar.interval === undefined) return undefined;
  const [low, high] = [place(bar.interval[0]), place(bar.interval[1])];
  return html`<path class="whisker" d="M${low} ${middle - cap}v${2 * cap}M${low} ${middle}H${high}M${high} ${middle - cap}v${2 * cap}"/>`;
}
