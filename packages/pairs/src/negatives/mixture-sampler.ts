import { KindredError, type Random } from '@kindred/domain';
import { AliasTable } from './alias-table.js';
import { fillDraws, type NegativeSampler, type ProposalSampler } from './negative-sampler.js';

/** One sampler of a mixture, and how often it is asked relative to the others. */
export interface MixtureComponent<S extends NegativeSampler = NegativeSampler> {
  readonly sampler: S;
  readonly weight: number;
}

/** For each place one of the samplers, chosen by weight. Knows its distribution when all of them do. */
export function createMixtureSampler(
  components: readonly MixtureComponent<ProposalSampler>[],
  random: Random,
): ProposalSampler;
export function createMixtureSampler(components: readonly MixtureComponent[], random: Random): NegativeSampler;
export function createMixtureSampler(components: readonly MixtureComponent[], random: Random): NegativeSampler {
  const weights = components.map(({ weight }) => weight);
  if (weights.some((weight) => !(weight >= 0))) {
    throw new KindredError('CONFIG_INVALID', `weights of a mixture must be at least 0, not ${weights.join(', ')}`);
  }
  const table = new AliasTable(weights);
  const total = weights.reduce((a, b) => a + b, 0);
  const one = new Uint32Array(1);
  const drawn = new Uint32Array(1);
  const mixture: NegativeSampler = {
    name: `mixture of ${components.map(({ sampler }) => sampler.name).join(', ')}`,
    draw(users, count, out) {
      fillDraws(users, count, out, (user) => {
        one[0] = user;
        (components[table.draw(random)] as MixtureComponent).sampler.draw(one, 1, drawn);
        return drawn[0] as number;
      });
    },
  };
  if (!components.every(isProposal)) return mixture;
  const logProbability = (user: number, item: number) =>
    Math.log(
      components.reduce(
        (p, { sampler, weight }) => p + (weight / total) * Math.exp(sampler.logProbability(user, item)),
        0,
      ),
    );
  return { ...mixture, logProbability } as ProposalSampler;
}

function isProposal(component: MixtureComponent): component is MixtureComponent<ProposalSampler> {
  return 'logProbability' in component.sampler;
}
