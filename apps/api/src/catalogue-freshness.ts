/** How long what other processes write into the catalogue may go unseen; what this one writes is seen at once. */
export const CATALOGUE_FRESH_MS = 3000;
