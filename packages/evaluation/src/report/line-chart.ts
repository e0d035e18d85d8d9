import { type Axis, createAxis } from './axis.js';
import { html, type Markup } from './markup.js';

export interface Line {
  readonly name: string;
  readonly colour: number;
  readonly isDashed?: boolean;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface LineChartOptions {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly xDomain?: readonly [number, number];
  readonly yDomain?: readonly [number, number];
  /** Only whole numbers on the axis across: epochs, say. */
  readonly isWholeX?: boolean;
  readonly tickText?: (value: number) => string;
  /** A point to be marked on each line, by its x. */
  readonly markX?: number | undefined;
}

const WIDTH = 440;
const HEIGHT = 270;
const LEFT = 58;
const BOTTOM = 44;
const TOP = 12;
const RIGHT = 24;

/** Lines over two linear axes. */
export function lineChart(lines: readonly Line[], options: LineChartOptions): Markup {
  const points = lines.flatMap((line) => line.points);
  const x = createAxis(
    options.xDomain ?? extent(points.map(([value]) => value)),
    [LEFT, WIDTH - RIGHT],
    5,
    options.xDomain !== undefined,
  );
  const y = createAxis(options.yDomain ?? extent(points.map(([, value]) => value)), [HEIGHT - BOTTOM, TOP], 5);
  const tickText = options.tickText ?? ((value: number) => String(Number(value.toPrecision(4))));
  const marked = lines.map((line) => drawMark(line, x, y, options.markX));
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${options.title}">
${y.ticks.map((tick) => html`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y.place(tick)}" y2="${y.place(tick)}"/><text class="tick" x="${LEFT - 8}" y="${y.place(tick) + 4}" text-anchor="end">${tickText(tick)}</text>`)}
${x.ticks.filter((tick) => options.isWholeX !== true || Number.isInteger(tick)).map((tick) => html`<text class="tick" x="${x.place(tick)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${tickText(tick)}</text>`)}
<line class="axis" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${HEIGHT - BOTTOM}" y2="${HEIGHT - BOTTOM}"/>
<text class="note" x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 6}" text-anchor="middle">${options.xLabel}</text>
<text class="note" x="14" y="${(TOP + HEIGHT - BOTTOM) / 2}" text-anchor="middle" transform="rotate(-90 14 ${(TOP + HEIGHT - BOTTOM) / 2})">${options.yLabel}</text>
${lines.map((line) => drawLine(line, x, y))}${marked}</svg>`;
}

function drawLine(line: Line, x: Axis, y: Axis): Markup {
  const path = line.points
    .map(([px, py], at) => `${at === 0 ? 'M' : 'L'}${x.place(px).toFixed(1)} ${y.place(py).toFixed(1)}`)
    .join('');
  return html`<path class="line ${line.isDashed ? 'dashed' : `s${line.colour}`}" d="${path}"><title>${line.name}</title></path>`;
}

function drawMark(line: Line, x: Axis, y: Axis, markX: number | undefined): Markup | undefined {
  // A single point has no line: without a mark it would not be seen.
  const point = line.points.length === 1 ? line.points[0] : line.points.find(([px]) => px === markX);
  if (point === undefined) return undefined;
  return html`<circle class="c${line.colour} mark" cx="${x.place(point[0])}" cy="${y.place(point[1])}" r="4.5"><title>${line.name}: ${Number(point[1].toPrecision(5))} at ${point[0]}</title></circle>`;
}

function extent(values: readonly number[]): [number, number] {
  return [Math.min(...values), Math.max(...values)];
}
