import { fnv1a } from '@kindred/domain';

/** Lengths of the character n-grams. */
const SHORTEST = 3;
const LONGEST = 5;
/** Words beyond this length (a pasted address, say) are cut. */
const LONGEST_WORD = 40;
/** Mixed into every hash. Models keep their buckets by position: another value would make every stored encoder wrong. */
const HASH_SEED = 0x6b696e64;

/**
 * A text as signed weights of hashed terms (feature hashing, Weinberger et al., ICML 2009): a collision adds terms with
 * random signs, so that inner products stay right on average. Terms are the words and, as fastText has it (Bojanowski
 * et al., 2017), the character 3- to 5-grams of each word between < and >, so that an unknown word still resembles its
 * kin; the n-grams of a word weigh together (in length) as much as the word.
 *
 * Stable by definition: the text is brought to NFKD, stripped of marks and lower-cased; words are runs of letters and
 * digits; h = mix(FNV-1a of the term, seed); the bucket is h mod `buckets`, the sign the top bit of a second mix.
 * @returns weight by bucket; empty for a text without a letter or digit
 */
export function hashText(text: string, buckets: number): Map<number, number> {
  const weights = new Map<number, number>();
  const add = (term: string, weight: number) => {
    const hash = mixed(fnv1a(term) ^ HASH_SEED);
    const bucket = hash % buckets;
    const sign = mixed(hash ^ HASH_SEED) >>> 31 === 0 ? 1 : -1;
    weights.set(bucket, (weights.get(bucket) ?? 0) + sign * weight);
  };
  for (const word of wordsOf(text)) {
    add(word, 1);
    const grams = gramsOf(word);
    for (const gram of grams) add(gram, 1 / Math.sqrt(grams.length));
  }
  return weights;
}

function wordsOf(text: string): string[] {
  const plain = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  return (plain.match(/[\p{L}\p{N}]+/gu) ?? []).map((word) => word.slice(0, LONGEST_WORD));
}

/** The n-grams of a word; `<` and `>` mark its ends, so that none is taken for a word. */
function gramsOf(word: string): string[] {
  const marked = `<${word}>`;
  const grams: string[] = [];
  for (let length = SHORTEST; length <= LONGEST; length++) {
    for (let start = 0; start + length <= marked.length; start++) {
      grams.push(`#${marked.slice(start, start + length)}`);
    }
  }
  return grams;
}

/** The finaliser of MurmurHash3 (Appleby): every bit of the input moves every bit of the output. */
function mixed(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
