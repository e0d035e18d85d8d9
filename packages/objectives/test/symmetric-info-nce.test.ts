import { beforeAll, describe, expect, it } from 'vitest';
import { infoNceLoss, symmetricInfoNceLoss } from '../src/index.js';
import { startReferenceEngine, tf } from './fixture.js';
import { randomMatrix } from './random-matrix.js';

beforeAll(startReferenceEngine);

describe('symmetricInfoNceLoss', () => {
  it('does not care which side is which, unlike the one-sided loss', () => {
    const left = tf.tensor2d(randomMatrix(7, 4, 'left'));
    const right = tf.tensor2d(randomMatrix(7, 4, 'right'));
    const temperature = 0.2;
    const lossOf = ({ loss }: { loss: { dataSync(): ArrayLike<number> } }) => loss.dataSync()[0] as number;
    const forth = lossOf(symmetricInfoNceLoss(tf, { left, right, temperature }));
    expect(lossOf(symmetricInfoNceLoss(tf, { left: right, right: left, temperature }))).toBeCloseTo(forth, 5);
    const oneSided = lossOf(infoNceLoss(tf, { users: left, items: right, temperature }));
    expect(Math.abs(oneSided - forth)).toBeGreaterThan(1e-3);
  });
});
