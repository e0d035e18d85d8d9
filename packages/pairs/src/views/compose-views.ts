import type { View } from './history.js';

/** One view after the other, each of what the one before has left. No view: the history itself. */
export function composeViews(...views: readonly View[]): View {
  return (history, random) => views.reduce((seen, view) => view(seen, random), history);
}

/** One of the views, drawn anew for every history (as CL4SRec does: Xie et al., ICDE 2022). */
export function anyOfViews(...views: readonly [View, ...View[]]): View {
  return (history, random) => (views[random.below(views.length)] as View)(history, random);
}
