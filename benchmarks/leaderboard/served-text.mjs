// What validation made the default method serve: its vectors alone, or what joins them.

const DEFAULT_METHOD = 'auto';
/** Below it the vectors only order what the item-to-item model leaves equal. */
const TIE_BREAK = 0.01;

/** @param {import('./summary.mjs').MethodRow[]} rows @returns {string[]} lines of Markdown; none where no record says it */
export function servedLines(rows) {
  const chosen = rows.find(({ method }) => method === DEFAULT_METHOD)?.chosen ?? [];
  if (chosen.length === 0) return [];
  const served = new Map();
  for (const { seed, choices } of chosen) {
    const text = servedText(choices);
    served.set(text, [...(served.get(text) ?? []), seed]);
  }
  const parts = [...served].map(([text, seeds]) => (served.size === 1 ? text : `${text} (${seedsText(seeds)})`));
  return [`\`${DEFAULT_METHOD}\` serves, as validation chose: ${parts.join('; ')}.`, ''];
}

function servedText({ union, ownItemsFirst }) {
  return `${joinedText(union)}${ownItemsFirst ? ', own items first' : ''}`;
}

function joinedText(union) {
  if (union === undefined) return 'the vectors alone';
  if (union.vectorShare < TIE_BREAK) return `${union.name}, its ties ordered by the vectors`;
  return `the vectors joined by ${union.share} × ${union.name}`;
}

function seedsText(seeds) {
  return `${seeds.length === 1 ? 'seed' : 'seeds'} ${seeds.join(', ')}`;
}
