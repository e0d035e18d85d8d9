// What train.mjs wrote, in milliseconds: the parts of a step, what lies between epochs; and their tables in README.md.
import { alignedTable } from './aligned-table.mjs';

const BEGIN = '<!-- made by node benchmarks/pictures.mjs; not to be edited -->';
const END = '<!-- end of what is made -->';

/** @param {{stepMs: {median: number}, shares: Record<string, number>}} result @returns {Record<string, number>} by part */
export function partsMs({ stepMs, shares }) {
  return Object.fromEntries(Object.entries(shares).map(([part, share]) => [part, share * stepMs.median]));
}

/** @param {string} page benchmarks/README.md @param {object} report results/train.json @returns {string} the page with its tables */
export function withTrainTables(page, report) {
  const start = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (start < 0 || end < start) throw new Error('benchmarks/README.md has lost the marks of its tables');
  const tables = [...stepTable(report), '', ...validationTable(report)].join('\n');
  return `${page.slice(0, start + BEGIN.length)}\n\n${tables}\n\n${page.slice(end)}`;
}

function stepTable({ results }) {
  const parts = Object.keys(results[0].shares);
  const rows = results.map((result) => {
    const inMs = partsMs(result);
    return [result.set, result.engine, msText(result.stepMs.median), ...parts.map((part) => msText(inMs[part]))];
  });
  return alignedTable(['a log as', 'engine', 'ms a step', ...parts], rows, 2);
}

/** Between epochs: validation, guards, the model as it is served. */
function validationTable({ validation }) {
  const rows = validation.map(({ set, method, engine, seconds, epochs, validations, betweenEpochs }) => [
    ...[set, method, engine, msText(1000 * seconds.median), String(epochs), String(validations)],
    msText(1000 * seconds.median * betweenEpochs.median),
    `${(100 * betweenEpochs.median).toFixed(1)} %`,
  ]);
  const head = [
    'a log as',
    'method',
    'engine',
    'ms of training',
    'epochs',
    'validations',
    'ms between epochs',
    'share',
  ];
  return alignedTable(head, rows, 3);
}

function msText(ms) {
  return ms < 100 ? ms.toFixed(1) : Math.round(ms).toLocaleString('en-GB');
}
