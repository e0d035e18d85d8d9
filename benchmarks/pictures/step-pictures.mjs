// Milliseconds of a step as bars of its parts: of the InfoNCE step on each engine, and of a step of the default method.
import { drawing, text } from '../leaderboard/picture.mjs';
import { partsMs } from '../train-parts.mjs';
import { barPanel } from './charts.mjs';

const [WIDTH, TOP, LEFT, RIGHT] = [980, 76, 400, 900];
const STEP_COLOURS = { gather: '#2b8a3e', compute: '#1864ab', read: '#868e96', adam: '#e67700' };
const TRAIN_COLOURS = {
  sampling: '#f783ac',
  gather: '#2b8a3e',
  loss: '#1864ab',
  scatter: '#c92a2a',
  update: '#e67700',
  garbage: '#212529',
  other: '#868e96',
};
/** Beside it the other bars would be a pixel wide. */
const NOT_DRAWN = 'cpu';

/** @param {{results: object[]}} report results/step.json @returns {string} SVG */
export function stepPicture({ results, settings }) {
  const drawn = results.filter(({ engine }) => engine !== NOT_DRAWN);
  const left = results.filter(({ engine }) => engine === NOT_DRAWN);
  const rows = drawn.map(({ description, gradient, partsMs: parts, medianMs }) => ({
    ...{ name: `${description}, ${gradient}`, parts, total: medianMs },
  }));
  const { marks, bottom } = barPanel({ from: LEFT, to: RIGHT, top: TOP, unit: 'ms', colours: STEP_COLOURS, rows });
  const beside = left.map(({ gradient, medianMs }) => `${medianMs.toFixed(0)} ms ${gradient}`).join(', ');
  return drawing(WIDTH, bottom + 34, [
    text(16, 24, 'A step of InfoNCE', 'font-size="15" font-weight="600"'),
    text(WIDTH - 16, 24, `batch ${settings.batch}, ${settings.dimensions} dimensions; medians`, 'text-anchor="end"'),
    ...marks,
    ...(left.length > 0 ? [text(16, bottom + 22, `Plain JavaScript, not drawn: ${beside}.`)] : []),
  ]);
}

/** @param {{results: object[]}} report results/train.json @returns {string} SVG */
export function trainPicture({ results }) {
  const rows = results.map((result) => ({
    name: `${result.set}, ${result.engine}`,
    parts: partsMs(result),
    total: result.stepMs.median,
  }));
  const { marks, bottom } = barPanel({
    from: LEFT,
    to: RIGHT,
    top: TOP,
    unit: 'ms',
    colours: TRAIN_COLOURS,
    rows,
  });
  return drawing(WIDTH, bottom + 16, [
    text(16, 24, 'A step of the default method', 'font-size="15" font-weight="600"'),
    text(WIDTH - 16, 24, 'logs of the sizes of public sets; medians', 'text-anchor="end"'),
    ...marks,
  ]);
}
