import { html, type Markup } from './markup.js';

/** What each column of the results says, for a reader who knows the shop and not the field; k is the cutoff. */
const IN_WORDS: readonly (readonly [name: string, meaning: (cutoff: number) => string])[] = [
  ['Precision', (k) => `share of the ${k} shown items that the user went on to choose.`],
  ['Recall', (k) => `share of what the user went on to choose that stands among the ${k}.`],
  [
    'NDCG',
    () => 'like recall, but what stands higher in the list counts more; 1 is a perfect list. The headline goes by it.',
  ],
  ['Hit rate', (k) => `share of users with at least one right item among the ${k}.`],
  ['MAP', () => 'precision at each right item, averaged: how cleanly the right ones stand at the top.'],
  ['MRR', () => '1 divided by the place of the first right item: 0.5 is the second place.'],
  ['Coverage', () => 'share of the catalogue that stands in at least one list.'],
  ['Gini', () => 'how unequally items are shown: 0 all equally often, near 1 the same few to everybody.'],
  ['Novelty', () => 'how rare the shown items are, in bits; one more is half as popular.'],
];

/** The columns of the results in plain words. */
export function columnsInWords(cutoff: number): Markup {
  const rows = IN_WORDS.map(([name, meaning]) => html`<dt>${name}</dt><dd>${meaning(cutoff)}</dd>`);
  return html`<details><summary>What the columns mean</summary><dl>${rows}</dl></details>`;
}

/** How each figure is computed, to the letter. */
export function definitions(): Markup {
  return html`<footer><p>R counts all held-out items of a user, those that train has never seen included. Precision: hits / k. Recall: hits / R.
NDCG (normalised discounted cumulative gain): binary gains over log2(rank + 1), against an ideal list of min(k, R). MAP (mean average precision): mean precision at the hits, over min(k, R). MRR (mean reciprocal rank): 1 / rank of the first hit.
Hit rate: users with a hit. Coverage: items that stand in any list. Gini: 0 when all items are shown equally often, near 1 when few take all.
Novelty: mean information of a shown item, in bits; rarer is more. Users without held-out items are left out; ties go to the lower item index.</p></footer>`;
}
