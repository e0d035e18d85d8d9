import { type Line, lineChart } from './line-chart.js';
import { html, type Markup } from './markup.js';
import type { CurvePoint, ReportInput, ReportMethod, SampleSheet } from './report-input.js';

/** A model that makes histories. */
type Generator = Pick<ReportMethod, 'name' | 'curve' | 'samples'>;
type Generation = NonNullable<CurvePoint['generation']>;

/** What is dashed in every chart: the other side, or what people really have. */
const DASHED = 0;

/** What a generator made while it was trained, and samples of what it makes; nothing where no method generates. */
export function generationSection(input: ReportInput): Markup | undefined {
  const parts = input.methods.flatMap((method, at) => {
    const { name, generator } = method;
    const ofItsOwn = generator && { ...generator, name: `${generator.name}, for the short histories of ${name}` };
    return [method, ...(ofItsOwn ? [ofItsOwn] : [])].flatMap((each) => {
      const cards = curveCards(each, at % 8);
      const sheets = sheetTable(each);
      return cards.length === 0 && sheets === undefined ? [] : [html`<div class="cards">${cards}</div>${sheets}`];
    });
  });
  if (parts.length === 0) return undefined;
  return html`<h2>What is generated</h2>${parts}`;
}

function curveCards({ name, curve = [] }: Generator, colour: number): Markup[] {
  const seen = curve.flatMap(({ epoch, generation }) => (generation === undefined ? [] : [{ epoch, generation }]));
  if (seen.length === 0) return [];
  const line = (label: string, value: (of: Generation) => number | undefined, isDashed = false): Line => ({
    name: label,
    colour: isDashed ? DASHED : colour,
    isDashed,
    points: seen.flatMap(({ epoch, generation }): [number, number][] => {
      const found = value(generation);
      return found === undefined ? [] : [[epoch, found]];
    }),
  });
  const card = (title: string, yLabel: string, lines: Line[], note: string) =>
    lines.some(({ points }) => points.length > 0)
      ? [
          html`<div class="card"><h3>${name}: ${title}</h3>${lineChart(lines, { title, xLabel: 'epoch', yLabel, isWholeX: true })}<p>${note}</p></div>`,
        ]
      : [];
  return [
    ...card(
      'losses of both sides',
      'loss',
      [
        line('generator', ({ generatorLoss }) => generatorLoss),
        line('discriminator', ({ discriminatorLoss }) => discriminatorLoss, true),
      ],
      'Line: the generator; dashed: the discriminator. Neither has to fall: one is good where the other is bad.',
    ),
    ...card(
      'what two people’s lists share',
      'mean overlap',
      [line('made', ({ made }) => made.overlap), line('real', ({ real }) => real.overlap, true)],
      'Line: lists made of a few items of each person; dashed: what the same people really have. Near 1 everybody gets the same; the likeliest items are always more alike than what people take.',
    ),
    ...card(
      'distinct items in all lists',
      'items',
      [line('made', ({ made }) => made.items), line('real', ({ real }) => real.items, true)],
      'Dashed: in the real lists, which are as long.',
    ),
  ];
}

function sheetTable({ name, samples = [] }: Generator): Markup | undefined {
  if (samples.length === 0) return undefined;
  const rows = samples.map(
    (sheet) =>
      html`<tr><td class="text">${sheet.known.join(', ')}</td><td class="text">${madeItems(sheet)}</td><td class="text">${sheet.hidden.join(', ')}</td></tr>`,
  );
  return html`<h3>${name}: samples</h3><p>People of the test, by a few items of theirs. In bold: what they really have as well.</p><div class="wide"><table><thead><tr><th scope="col" class="text">Known</th><th scope="col" class="text">Made of it, the likeliest first</th><th scope="col" class="text">What else they have</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function madeItems({ made, hits }: SampleSheet): Markup[] {
  return made.map((item, k) => {
    const comma = k === 0 ? '' : ', ';
    return hits[k] ? html`${comma}<b>${item}</b>` : html`${comma}${item}`;
  });
}
