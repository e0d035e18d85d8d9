import type { Engine } from '@kindred/compute';
import type { SparseMatrix, TrainingData } from '@kindred/domain';
import { type Cohort, evaluate, type Mask } from '@kindred/evaluation';
import { artefactRecommender, fitItemWeights, getBaseline, isWithin, type ModelArtefact } from '@kindred/models';
import { isBeyondChance } from '../probing/beyond-chance.js';
import { meanOf, standardError } from '../validator.js';

/** What joins the vectors. */
interface UnionChoice {
  readonly name: string;
  readonly share: number;
  readonly vectorShare: number;
}

/** One way to rank, measured on validation. */
interface UnionCandidate {
  /** In words: `vectors`, `ease`, `vectors + .5 ease`, … */
  readonly name: string;
  readonly ndcg: number;
  /** Standard error of the mean. */
  readonly error: number;
}

export interface ChosenUnion {
  /** Undefined: the vectors alone are best. */
  readonly union: UnionChoice | undefined;
  /** Undefined: own items stand where the model ranks them. */
  readonly ownItemsFirst: { readonly strengthWeight: number } | undefined;
  readonly candidates: readonly UnionCandidate[];
  /** Why, in one sentence each. */
  readonly because: readonly string[];
}

export interface UnionRequest {
  readonly artefact: ModelArtefact;
  /** What the artefact was trained on. */
  readonly data: TrainingData;
  readonly cohort: Cohort;
  /** The same users, with what they have among what they may find again; undefined: nobody took anything again. */
  readonly repeating: Cohort | undefined;
  readonly models: readonly string[];
  /** Whether the data are a part of the users only: then no item-to-item model is compared. */
  readonly isSample: boolean;
  readonly mask: Mask;
  readonly engine: Engine;
}

const METRIC = 'ndcg@20';
const CUTOFF = 20;
/** What the best item of the item-to-item model gets; cosines lie between -1 and 1. */
const SHARES = [0.125, 0.25, 0.5, 1, 2, 4];
/** Where the item-to-item model ranks alone: the vectors order what it leaves equal. */
const TIE_BREAK = 1e-3;
/** How much a repeat counts against the model's logit, among a user's own items. */
const STRENGTH_WEIGHTS = [1, 2, 4];

interface Measured extends UnionCandidate {
  readonly perUser: Float64Array;
}

/**
 * Compares on validation, under one contract, the vectors alone, the strongest cheap item-to-item model that the
 * catalogue allows, and both together; and, where people take the same things again, whether own items come first.
 * Something else than the vectors alone has to be better beyond chance, and of several no more of the item-to-item model
 * is taken than that asks for (the rule of one standard error: Breiman et al., 1984).
 */
export async function chooseUnion(request: UnionRequest): Promise<ChosenUnion> {
  const { artefact, data, engine } = request;
  const { rowCount: users, columnCount: items } = data.positives;
  // Vectors learn from every further user, so that a sample would set a weaker model against a nearly finished one.
  const models = request.isSample ? [] : request.models;
  const name = models.find((model) => isWithin(getBaseline(model).limit, users, items));
  const weights = name && (await fitItemWeights(name, {}, data, { matmul: engine.matmul.bind(engine) }));
  const joined = name && weights ? await chooseWeights(request, name, weights) : undefined;
  const best = joined?.best ?? artefact;
  const repeats = await chooseOwnItems({ ...request, artefact: best });
  return {
    union: joined?.union,
    ownItemsFirst: repeats?.ownItemsFirst,
    candidates: [...(joined?.candidates ?? []), ...(repeats?.candidates ?? [])],
    because: [joined?.because ?? whyNone(request), ...(repeats === undefined ? [] : [repeats.because])],
  };
}

function whyNone({ isSample }: UnionRequest): string {
  return isSample
    ? 'the vectors alone are served: probes saw a part of the users only, too few to compare item-to-item models by, and a log without times has no newest part to ask again on'
    : 'the vectors alone are served: no item-to-item model is feasible for so many items';
}

async function chooseWeights(request: UnionRequest, name: string, weights: SparseMatrix) {
  const { artefact, cohort, mask } = request;
  const alone = await measure(request, 'vectors', artefact, cohort, mask);
  const choices: UnionChoice[] = [
    ...SHARES.map((share) => ({ name, share, vectorShare: 1 })),
    { name, share: 1, vectorShare: TIE_BREAK },
  ];
  const others: { readonly choice: UnionChoice; readonly measured: Measured }[] = [];
  for (const choice of choices) {
    const label = choice.vectorShare === 1 ? `vectors + ${choice.share} ${name}` : name;
    const measured = await measure(request, label, { ...artefact, union: { ...choice, weights } }, cohort, mask);
    others.push({ choice, measured });
  }
  const best = others.reduce((a, b) => (b.measured.ndcg > a.measured.ndcg ? b : a));
  const candidates = [alone, ...others.map(({ measured }) => measured)].map(withoutUsers);
  const figures = (measured: Measured) => `NDCG@20 ${measured.ndcg.toFixed(4)} against ${alone.ndcg.toFixed(4)}`;
  if (!isBeyondChance(best.measured.perUser, alone.perUser)) {
    const { measured } = best;
    const because = `the vectors alone are served: ${measured.name} comes to ${figures(measured)}, not better beyond chance`;
    return { union: undefined, best: artefact, candidates, because };
  }
  // The one nearest to the vectors alone that the best does not beat beyond chance.
  const taken = others.find(({ measured }) => !isBeyondChance(best.measured.perUser, measured.perUser)) ?? best;
  const because = `${taken.measured.name} ranks: ${figures(taken.measured)} by the vectors alone on validation${
    taken === best ? '' : `; ${best.measured.name} has ${best.measured.ndcg.toFixed(4)}, not better beyond chance`
  }`;
  return { union: taken.choice, best: { ...artefact, union: { ...taken.choice, weights } }, candidates, because };
}

async function chooseOwnItems(request: UnionRequest) {
  const { artefact, repeating } = request;
  if (repeating === undefined) return undefined;
  const alone = await measure(request, 'as ranked, repeats allowed', artefact, repeating, 'none');
  const others: { readonly strengthWeight: number; readonly measured: Measured }[] = [];
  for (const strengthWeight of STRENGTH_WEIGHTS) {
    const first = { ...artefact, ownItemsFirst: { strengthWeight } };
    const label = `own items first, strength ${strengthWeight}`;
    others.push({ strengthWeight, measured: await measure(request, label, first, repeating, 'none') });
  }
  const best = others.reduce((a, b) => (b.measured.ndcg > a.measured.ndcg ? b : a));
  const better = isBeyondChance(best.measured.perUser, alone.perUser);
  const figures = `NDCG@20 ${best.measured.ndcg.toFixed(4)} against ${alone.ndcg.toFixed(4)}`;
  return {
    ownItemsFirst: better ? { strengthWeight: best.strengthWeight } : undefined,
    candidates: [alone, ...others.map(({ measured }) => measured)].map(withoutUsers),
    because: better
      ? `where repeats are allowed own items come first: ${figures} on validation`
      : `own items do not come first, even where repeats are allowed: ${figures} on validation`,
  };
}

async function measure(
  { engine }: UnionRequest,
  name: string,
  artefact: ModelArtefact,
  cohort: Cohort,
  mask: Mask,
): Promise<Measured> {
  const recommender = artefactRecommender(artefact, { matmul: engine.matmul.bind(engine) });
  const { perUser } = await evaluate(recommender, cohort, { mask, cutoffs: [CUTOFF], keepTop: 0 });
  const values = perUser[METRIC] as Float64Array;
  return { name, ndcg: meanOf(values), error: standardError(values), perUser: values };
}

function withoutUsers({ name, ndcg, error }: Measured): UnionCandidate {
  return { name, ndcg, error };
}
