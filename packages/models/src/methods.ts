import { KindredError, nearestName } from '@kindred/domain';
import { auto } from './auto/auto.js';
import { autoencoder } from './autoencoder/autoencoder.js';
import { dae } from './autoencoder/dae.js';
import { multVae } from './autoencoder/mult-vae.js';
import { sparseAutoencoder } from './autoencoder/sparse-autoencoder.js';
import { BASELINES } from './baselines/index.js';
import { byol } from './byol/byol.js';
import { clip } from './clip/clip.js';
import { cfgan } from './gan/cfgan.js';
import { conditionalGan } from './gan/conditional-gan.js';
import { gan } from './gan/gan.js';
import { ganmf } from './gan/ganmf.js';
import { wganGp } from './gan/wgan-gp.js';
import { inductive } from './inductive/inductive.js';
import type { LearnedMethod } from './learned-method.js';
import { lightgcn } from './lightgcn/lightgcn.js';
import { moco } from './moco/moco.js';
import { masked } from './sequence/masked.js';
import { nextItem } from './sequence/next-item.js';
import { simclr } from './simclr/simclr.js';
import { simgcl } from './simgcl/simgcl.js';
import { simplex } from './simplex/simplex.js';
import { swav } from './swav/swav.js';
import { twoTower } from './two-tower/two-tower.js';
import { ultragcn } from './ultragcn/ultragcn.js';
import { xsimgcl } from './xsimgcl/xsimgcl.js';

/** Every learned method by name, the default first. */
export const METHODS: Readonly<Record<string, LearnedMethod>> = {
  [auto.name]: auto,
  [inductive.name]: inductive,
  [twoTower.name]: twoTower,
  [lightgcn.name]: lightgcn,
  [simgcl.name]: simgcl,
  [xsimgcl.name]: xsimgcl,
  [simplex.name]: simplex,
  [ultragcn.name]: ultragcn,
  [simclr.name]: simclr,
  [moco.name]: moco,
  [byol.name]: byol,
  [swav.name]: swav,
  [clip.name]: clip,
  [nextItem.name]: nextItem,
  [masked.name]: masked,
  [autoencoder.name]: autoencoder,
  [dae.name]: dae,
  [sparseAutoencoder.name]: sparseAutoencoder,
  [multVae.name]: multVae,
  [gan.name]: gan,
  [conditionalGan.name]: conditionalGan,
  [wganGp.name]: wganGp,
  [cfgan.name]: cfgan,
  [ganmf.name]: ganmf,
};

/** What is trained where nothing else is asked for. */
export const DEFAULT_METHOD = auto.name;

/** @throws KindredError METHOD_UNKNOWN with the nearest known name, or with what to do with a baseline */
export function getMethod(name: string): LearnedMethod {
  const method = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
  if (method !== undefined) return method;
  if (Object.hasOwn(BASELINES, name)) {
    const way = `kindred benchmark --method ${name} measures it, and with --search looks for its settings`;
    throw new KindredError('METHOD_UNKNOWN', `${name} is a baseline, of which no model is served; ${way}`, {
      field: 'method',
    });
  }
  const known = Object.keys(METHODS);
  const nearest = nearestName(name, known);
  const hint = nearest === undefined ? `there are ${known.join(', ')}` : `did you mean ${nearest}?`;
  throw new KindredError('METHOD_UNKNOWN', `there is no learned method ${name}; ${hint}`, { field: 'method' });
}
