import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { getMethod, type LearnedMethod, type MethodRun } from '@kindred/models';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Progress, type TrainingRequest, type TrainingResult, trainModel } from '../src/index.js';
import { standardError } from '../src/validator.js';
import { checkerboard, clusters, referenceEngine, requestFor } from './fixture.js';

const log = clusters({ users: 60, items: 40, clusters: 4 });

/** One number for all arrays of a result's artefact, and the curve without its times. */
function fingerprint({ artefact, curve, bestEpoch }: TrainingResult): unknown {
  const hash = createHash('sha256');
  const { itemVectors, encoder, fallbackScores, users } = artefact;
  const itemScale = encoder.kind === 'sum' ? encoder.itemScale : undefined;
  for (const array of [itemVectors, encoder.contextVectors, itemScale, fallbackScores, users?.vectors]) {
    if (array !== undefined) hash.update(array);
  }
  return { bytes: hash.digest('hex'), curve: curve.map(({ seconds: _, ...point }) => point), bestEpoch };
}

/** A method whose run is changed on the way: what a broken method would do. */
function changed(change: (run: MethodRun) => Partial<MethodRun>): LearnedMethod {
  const method = getMethod('inductive');
  return {
    ...method,
    async prepare(context) {
      const run = await method.prepare(context);
      return {
        settings: run.settings,
        stepsPerEpoch: run.stepsPerEpoch,
        plannedEpochs: run.plannedEpochs,
        tables: run.tables,
        step: () => run.step(),
        artefact: (vocabulary) => run.artefact(vocabulary),
        save: () => run.save(),
        restore: (saved) => run.restore(saved),
        ...change(run),
      };
    },
  };
}

/** The artefact of every epoch made from that of the first. */
function withArtefacts(
  run: MethodRun,
  make: (first: ReturnType<MethodRun['artefact']>, epoch: number) => ReturnType<MethodRun['artefact']>,
): Partial<MethodRun> {
  let first: ReturnType<MethodRun['artefact']> | undefined;
  let epoch = 0;
  return {
    artefact: (vocabulary) => {
      first ??= run.artefact(vocabulary);
      epoch++;
      return make(first, epoch);
    },
  };
}

describe('trainModel', () => {
  it('keeps a curve and the best epoch, reports on the way, and leaves no tensor', async () => {
    const seen: Progress[] = [];
    const request = await requestFor(log, { onProgress: (progress) => seen.push(progress) });
    const before = request.engine.tensorCount();
    const result = await trainModel(request);
    expect(request.engine.tensorCount()).toBe(before);
    expect(result.stopped).toBe('completed');
    expect(result.epochsRun).toBe(8);
    expect(result.curve.map((point) => point.epoch)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const figures = result.curve.map((point) => point.validationNdcg as number);
    expect(result.bestEpoch).toBe(figures.indexOf(Math.max(...figures)) + 1);
    expect(result.artefact.items).toEqual(log.vocabulary.items);
    const epochs = seen.filter((progress) => progress.kind === 'epoch');
    expect(epochs.length).toBe(8);
    expect(epochs.filter((epoch) => epoch.isBest).at(-1)?.epoch).toBe(result.bestEpoch);
    expect(seen.filter((progress) => progress.kind === 'step').length).toBe(8 * 4);
  });

  it('never lets a worse epoch overwrite the best: the artefact is that of a training that ends there', async () => {
    // A step size that wrecks the model after a few epochs.
    const request = await requestFor(log, {
      settings: { dimensions: 8, epochs: 8, batchSize: 16, learningRate: 0.9, finalLearningRate: 0.9 },
    });
    const result = await trainModel(request);
    expect(result.bestEpoch).toBeLessThan(8);
    const refit = await trainModel({ ...request, validation: undefined, epochs: result.bestEpoch });
    expect(refit.epochsRun).toBe(result.bestEpoch);
    expect(refit.artefact).toEqual(result.artefact);
  });

  it('knows how far validation may be off by luck: the standard error of the mean', () => {
    expect(standardError(Float64Array.of(0, 1, 1, 0))).toBeCloseTo(Math.sqrt(1 / 3 / 4), 12);
    expect(standardError(Float64Array.of(0.4, 0.4))).toBeCloseTo(0, 12);
    expect(standardError(Float64Array.of(0.4))).toBe(1);
  });

  it('runs its whole schedule when a refit asks for more: rules may plan fewer epochs for more data', async () => {
    const settings = { dimensions: 4, epochs: 2, batchSize: 16, startIterations: 1 };
    const refit = await trainModel(await requestFor(log, { settings, validation: undefined, epochs: 40 }));
    expect(refit).toMatchObject({ stopped: 'completed', epochsRun: 2 });
  });

  it('stops early when validation goes down and stays down, with patience', async () => {
    const frozen = changed((run) => withArtefacts(run, (first) => first));
    const ruined = changed((run) =>
      withArtefacts(run, (first, epoch) =>
        epoch === 1 ? first : { ...first, itemVectors: first.itemVectors.map((x) => -x) },
      ),
    );
    const result = await trainModel(await requestFor(log, { method: ruined, patience: 3 }));
    expect(result).toMatchObject({ stopped: 'early', bestEpoch: 1, settledEpoch: 1, epochsRun: 4 });
    const endless = await trainModel(await requestFor(log, { method: ruined, patience: 0 }));
    expect(endless).toMatchObject({ stopped: 'completed', bestEpoch: 1, settledEpoch: 1, epochsRun: 8 });
    const plateau = await trainModel(await requestFor(log, { method: frozen, patience: 3 }));
    expect(plateau).toMatchObject({ stopped: 'completed', bestEpoch: 1, settledEpoch: 8, epochsRun: 8 });
  });

  it('keeps the last epoch where there is no validation, or nobody in it', async () => {
    const nobody = { ...log.heldOut, items: { ...log.heldOut.items, offsets: new Uint32Array(61) } };
    const without = await trainModel(await requestFor(log, { validation: undefined, epochs: 3 }));
    const empty = await trainModel(await requestFor(log, { validation: nobody, epochs: 3 }));
    for (const result of [without, empty]) {
      expect(result).toMatchObject({ bestEpoch: 3, epochsRun: 3 });
      expect(result.curve[0]?.validationNdcg).toBeUndefined();
    }
    expect(empty.artefact).toEqual(without.artefact);
  });

  it('validates on a drawn part of many users', async () => {
    const all = await trainModel(await requestFor(log, { epochs: 1 }));
    const part = await trainModel(await requestFor(log, { epochs: 1, validationUsers: 10 }));
    expect(part.curve[0]?.validationNdcg).not.toBe(all.curve[0]?.validationNdcg);
    expect(part.curve[0]?.loss).toBe(all.curve[0]?.loss);
  });

  it('validates the first epoch, every few and the last where it costs much, and trains to the same bytes as without', async () => {
    const many = clusters({ users: 200, items: 480, clusters: 40 });
    const settings = { objective: 'bpr', dimensions: 8, epochs: 20, batchSize: 1024 };
    const dir = await mkdtemp(path.join(tmpdir(), 'interval-'));
    const whole = await trainModel(await requestFor(many, { method: 'two-tower', settings }));
    const due = whole.curve.filter((point) => point.validationNdcg !== undefined).map((point) => point.epoch);
    expect(due).toEqual([1, 4, 8, 12, 16, 20]);
    expect(due).toContain(whole.bestEpoch);
    expect(due).toContain(whole.settledEpoch);
    const { bestEpoch: epochs } = whole;
    const refit = await trainModel(
      await requestFor(many, { method: 'two-tower', settings, validation: undefined, epochs }),
    );
    expect(refit.artefact).toEqual(whole.artefact);

    const abort = new AbortController();
    const kept = { method: 'two-tower', settings, checkpointDir: dir };
    const onProgress = (progress: Progress) => progress.epoch === 10 && abort.abort();
    const part = await trainModel(await requestFor(many, { ...kept, signal: abort.signal, onProgress }));
    expect(part.epochsRun).toBe(10); // not validated
    const resumed = await trainModel(await requestFor(many, { ...kept, resume: true }));
    await rm(dir, { recursive: true });
    expect(fingerprint(resumed)).toEqual(fingerprint(whole));
  });

  it('validates on fewer users where all of them cost too much, and on as many as are asked for', async () => {
    const many = clusters({ users: 400, items: 960, clusters: 80 });
    const settings = { objective: 'bpr', dimensions: 8, epochs: 6, batchSize: 1024 };
    const errorsOf = async (changes: Partial<TrainingRequest>) => {
      const { curve } = await trainModel(await requestFor(many, { method: 'two-tower', settings, ...changes }));
      return curve.map((point) => [point.loss, point.validationNdcg, point.validationError]);
    };
    const planned = await errorsOf({});
    expect(planned).toEqual(await errorsOf({ validationUsers: 200 }));
    const all = await errorsOf({ validationUsers: 400 });
    expect(all.map(([loss]) => loss)).toEqual(planned.map(([loss]) => loss));
    expect(all).not.toEqual(planned);
  });

  it('stops early by the epochs that are validated, not by those between', async () => {
    const many = clusters({ users: 200, items: 480, clusters: 40 });
    const ruined = changed((run) =>
      withArtefacts(run, (first, made) =>
        made === 1 ? first : { ...first, itemVectors: first.itemVectors.map((x) => -x) },
      ),
    );
    const settings = { dimensions: 8, epochs: 20, batchSize: 1024, startIterations: 2 };
    const result = await trainModel(await requestFor(many, { method: ruined, settings, patience: 4 }));
    // Validated: 1, 4, 8. After epoch 5 only one fall had been seen.
    expect(result).toMatchObject({ stopped: 'early', bestEpoch: 1, settledEpoch: 1, epochsRun: 8 });
  });

  it('lets the event loop turn, and stops at the signal with the best so far', async () => {
    const abort = new AbortController();
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    const result = await trainModel(
      await requestFor(log, {
        signal: abort.signal,
        onProgress: (progress) => {
          if (progress.epoch === 3 && progress.kind === 'step') abort.abort();
        },
      }),
    );
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
    expect(result).toMatchObject({ stopped: 'aborted', epochsRun: 2 });
    const two = await trainModel(await requestFor(log, { epochs: 2 }));
    expect(fingerprint(result)).toEqual(fingerprint(two));
  });

  it('has nothing to give when the signal comes before the first epoch is done', async () => {
    const request = await requestFor(log, { signal: AbortSignal.abort() });
    await expect(trainModel(request)).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });

  it.each<[string, Partial<TrainingRequest>, string]>([
    ['an unknown method', { method: 'inductiv' }, 'METHOD_UNKNOWN'],
    ['an unknown setting', { settings: { dimension: 8 } }, 'SETTING_UNKNOWN'],
    ['a setting out of range', { settings: { temperature: 0 } }, 'CONFIG_INVALID'],
    ['no epochs', { epochs: 0 }, 'CONFIG_INVALID'],
    ['a part of an epoch', { epochs: 1.5 }, 'CONFIG_INVALID'],
    ['ids that do not fit', { vocabulary: { users: [], items: [] } }, 'CONFIG_INVALID'],
    ['texts that do not fit', { itemTexts: ['one'] }, 'CONFIG_INVALID'],
  ])('refuses %s before any step', async (_, changes, code) => {
    let steps = 0;
    const request = await requestFor(log, { ...changes, onProgress: () => steps++ });
    await expect(trainModel(request)).rejects.toMatchObject({ code });
    expect(steps).toBe(0);
  });
});

describe('guards', () => {
  it.each<[string, (run: MethodRun) => Partial<MethodRun>, RegExp]>([
    [
      'a loss that is not a number',
      () => ({ step: async () => Number.NaN }),
      /the loss became NaN in step 1 of epoch 1/,
    ],
    ['an infinite loss', () => ({ step: async () => Number.POSITIVE_INFINITY }), /the loss became Infinity/],
    ['a table with a NaN', (run) => ({ step: poison(run, () => Number.NaN) }), /table items .* row 0 holds NaN/],
    ['rows of zeros', (run) => ({ step: poison(run, () => 0) }), /table items .* no variance/],
    [
      'rows that all point one way',
      (run) => ({ step: poison(run, (k) => (k % 8 === 0 ? 9 : 0)) }),
      /mean cosine of 1\.0000/,
    ],
  ])('refuse %s', async (_, change, message) => {
    const settings = { dimensions: 8, epochs: 8, batchSize: 60 }; // one step an epoch
    const request = await requestFor(log, { method: changed(change), settings });
    await expect(trainModel(request)).rejects.toMatchObject({
      code: 'TRAINING_DEGENERATE',
      message: expect.stringMatching(message),
    });
  });

  /** Writes into the item table after the step. */
  function poison(run: MethodRun, value: (k: number) => number): () => Promise<number> {
    return async () => {
      const loss = await run.step();
      const table = run.tables.find(({ name }) => name === 'items')?.values ?? new Float32Array(0);
      for (let k = 0; k < table.length; k++) table[k] = value(k);
      return loss;
    };
  }

  it('let the few directions of a checkerboard pass: that is no collapse', async () => {
    const result = await trainModel(await requestFor(checkerboard(12)));
    expect(result.curve.at(-1)?.effectiveDimensions).toBeLessThan(4);
    expect(result.curve.at(-1)?.meanCosine).toBeLessThan(0.5);
  });
});

describe('checkpoints', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'checkpoint-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it.each(['inductive', 'two-tower'])('%s goes on to the same bytes as without interruption', async (method) => {
    const settings = { dimensions: 8, epochs: 8, batchSize: 16 };
    const whole = await trainModel(await requestFor(log, { method, settings }));
    const abort = new AbortController();
    await trainModel(
      await requestFor(log, {
        method,
        settings,
        checkpointDir: dir,
        signal: abort.signal,
        // In the middle of epoch 5: the steps done of it are lost and must be done again.
        onProgress: (progress) =>
          progress.kind === 'step' && progress.epoch === 5 && progress.step === 2 && abort.abort(),
      }),
    );
    const resumed = await trainModel(await requestFor(log, { method, settings, checkpointDir: dir, resume: true }));
    expect(fingerprint(resumed)).toEqual(fingerprint(whole));
    expect(resumed.artefact).toEqual(whole.artefact);
    const again = await trainModel(await requestFor(log, { method, settings, checkpointDir: dir, resume: true }));
    expect(fingerprint(again)).toEqual(fingerprint(whole));
    expect((await readdir(dir)).sort()).toEqual([`best-${whole.bestEpoch}`, 'checkpoint.safetensors']);
  });

  it('starts anew without resume, and where there is no checkpoint', async () => {
    const first = await trainModel(await requestFor(log, { checkpointDir: dir, resume: true, epochs: 2 }));
    const second = await trainModel(await requestFor(log, { checkpointDir: dir, epochs: 2 }));
    expect(fingerprint(second)).toEqual(fingerprint(first));
  });

  it.each<[string, Partial<TrainingRequest>, RegExp]>([
    ['another seed', { seed: 4 }, /its seed is 3, not 4/],
    ['other settings', { settings: { dimensions: 8, epochs: 9, batchSize: 16, startIterations: 2 } }, /its settings/],
    ['another method', { method: 'two-tower', settings: {} }, /its method is "inductive"/],
    ['other data', { ...clusters({ users: 60, items: 40, clusters: 2 }) }, /its data/],
    ['other texts', { itemTexts: log.vocabulary.items }, /its data/],
    ['another validation part', { validation: undefined }, /its validation/],
    ['a validation that masks otherwise', { mask: 'none' }, /its validation/],
    ['a validation on other users', { validationUsers: 5 }, /its validation/],
  ])('refuses the checkpoint of %s, saying what differs', async (_, changes, message) => {
    await trainModel(await requestFor(log, { checkpointDir: dir, epochs: 1 }));
    const request = await requestFor(log, { checkpointDir: dir, resume: true, ...changes });
    await expect(trainModel(request)).rejects.toMatchObject({
      code: 'CHECKPOINT_CORRUPT',
      message: expect.stringMatching(message),
    });
  });

  it('refuses a damaged checkpoint', async () => {
    await trainModel(await requestFor(log, { checkpointDir: dir, epochs: 1 }));
    const file = path.join(dir, 'checkpoint.safetensors');
    const bytes = await readFile(file);
    const request = await requestFor(log, { checkpointDir: dir, resume: true });
    const otherCounter = Buffer.from(bytes.toString('latin1').replace('itemsSteps":4', 'itemsSteps":3'), 'latin1');
    expect(otherCounter).not.toEqual(bytes);
    for (const damaged of [bytes.subarray(0, bytes.length >> 1), flipped(bytes), otherCounter]) {
      await writeFile(file, damaged);
      await expect(trainModel(request)).rejects.toMatchObject({ code: 'CHECKPOINT_CORRUPT' });
    }
  });

  it('in other processes: the same bytes and choices twice, and after being killed between epochs', {
    timeout: 300_000,
  }, async () => {
    const child = (...args: string[]) =>
      spawnSync(process.execPath, [path.join(import.meta.dirname, 'train-in-child.mjs'), ...args], {
        encoding: 'utf8',
      });
    const [first, second] = [child('probed'), child('probed')];
    expect(first.status, first.stderr).toBe(0);
    const [hash, chosen] = first.stdout.split('\n') as [string, string];
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.parse(chosen)).toMatchObject({ kept: expect.any(Number), union: { candidates: expect.any(Array) } });
    expect(second.stdout).toBe(first.stdout);
    const killed = child('killed', dir);
    expect(killed.signal).toBe('SIGKILL');
    const resumed = child('resumed', dir);
    expect(resumed.stderr).not.toContain('epoch 1\n');
    expect(resumed.stdout).toBe(`${hash}\n`);
    await referenceEngine(); // the engine of this process is still usable
  });

  it.each([
    ['draws more', 'mult-vae'],
    ['has two sides', 'wgan-gp'],
  ])('in another process, of a method that %s: the same bytes after being killed between epochs', async (_, method) => {
    const child = (...args: string[]) =>
      spawnSync(process.execPath, [path.join(import.meta.dirname, 'train-in-child.mjs'), ...args, dir, method], {
        encoding: 'utf8',
      });
    expect(child('killed').signal).toBe('SIGKILL');
    const resumed = child('resumed');
    expect(resumed.stdout).toMatch(/^[0-9a-f]{64}\n$/);
    expect(resumed.stderr).not.toContain('epoch 1\n');
    await rm(dir, { recursive: true, force: true });
    expect(child('whole').stdout).toBe(resumed.stdout);
    await referenceEngine();
  });
});

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  const middle = bytes.length >> 1;
  copy[middle] = (copy[middle] as number) ^ 1;
  return copy;
}
