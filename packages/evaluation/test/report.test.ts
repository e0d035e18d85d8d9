import { describe, expect, it } from 'vitest';
import {
  compare,
  evaluate,
  type ReportInput,
  type ReportMethod,
  type Representation,
  renderReport,
  trainedCohort,
} from '../src/index.js';
import { heldOutOf, scoresOf, trainingOf } from './support/made-up.js';

const rows = [[0], [0, 1], [0, 1, 2], [3, 4]];
const cohort = trainedCohort(trainingOf(rows, 6), heldOutOf([[1, 5], [2], [3], [0]], 6), { mask: 'seen' });
const itemPopularity = Uint32Array.of(3, 2, 1, 1, 1, 0);

function evaluationOf(name: string, scores: number[]) {
  const recommender = scoresOf(
    rows.map(() => scores),
    6,
    name,
  );
  return evaluate(recommender, cohort, { mask: 'seen', itemPopularity, bootstrap: { samples: 100, seed: 1 } });
}

async function inputOf(): Promise<ReportInput> {
  const good = await evaluationOf('good', [6, 5, 4, 3, 2, 1]);
  const bad = await evaluationOf('bad', [1, 2, 3, 4, 5, 6]);
  return {
    title: 'A <script>alert("shop")</script> & more',
    dataset: { users: 4, items: 6, train: 8, test: 5 },
    methods: [
      {
        name: 'good',
        settings: { lambda: 300 },
        engine: 'cpu',
        seed: 7,
        seconds: { train: 0.4, total: 130 },
        peakRssBytes: 2.5e8,
        evaluation: good,
        curve: [
          { epoch: 1, loss: 3, validation: 0.2 },
          { epoch: 2, loss: 2, validation: 0.3 },
          { epoch: 3, loss: 1.5, validation: 0.25 },
        ],
      },
      { name: 'bad', evaluation: bad },
    ],
    comparisons: [compare(good, bad, 'ndcg@20', { samples: 100, seed: 1 })],
  };
}

describe('the report', () => {
  it('shows the figures, the best epoch, times and settings', async () => {
    const input = await inputOf();
    const page = renderReport(input);
    const metrics = input.methods[0]?.evaluation.metrics;
    for (const name of ['ndcg@20', 'recall@20', 'map@5', 'mrr@50'] as const)
      expect(page).toContain(metrics?.[name]?.toFixed(4));
    for (const text of [
      'lambda 300',
      '400 ms',
      '2 min 10 s',
      '250 MB',
      'The dot is epoch 2:',
      'good against bad',
      'sparsest fifth',
      'tail',
    ]) {
      expect(page).toContain(text);
    }
  });

  it('shows what a generator made, by epoch and by samples', async () => {
    const input = await inputOf();
    const generation = {
      discriminatorLoss: 1.25,
      generatorLoss: 0.75,
      made: { items: 40, overlap: 0.125 },
      real: { items: 60, overlap: 0.0625 },
    };
    const [good, bad] = input.methods as [ReportMethod, ReportMethod];
    const curve = good.curve?.map((point) => ({ ...point, generation }));
    const samples = [
      { known: ['tent', 'rope'], made: ['stove', '<b>lamp'], hits: [true, false], hidden: ['stove', 'map'] },
    ];
    const page = renderReport({ ...input, methods: [{ ...good, curve, samples }, bad] });
    for (const text of [
      'What is generated',
      'good: losses of both sides',
      '<b>stove</b>',
      '&lt;b&gt;lamp',
      'tent, rope',
    ]) {
      expect(page).toContain(text);
    }
    expect(renderReport(input)).not.toContain('What is generated');
    const generator = { name: 'helper', curve: curve ?? [], samples };
    const helped = renderReport({ ...input, methods: [{ ...good, generator }, bad] });
    expect(helped).toContain('helper, for the short histories of good: losses of both sides');
    expect(helped).not.toContain('>good: losses of both sides');
    const alone = curve?.map((point) => ({
      ...point,
      generation: { ...generation, discriminatorLoss: undefined, generatorLoss: undefined },
    }));
    const without = renderReport({ ...input, methods: [{ ...good, curve: alone }, bad] });
    expect(without).toContain('distinct items in all lists');
    expect(without).not.toContain('losses of both sides');
  });

  it('says in its headline whether chance could have made the lead', async () => {
    const input = await inputOf();
    const [comparison] = input.comparisons ?? [];
    const withP = (interval: readonly [number, number], pPermutation: number): ReportInput => ({
      ...input,
      comparisons: comparison === undefined ? [] : [{ ...comparison, interval, pPermutation }],
    });
    const doubtful = renderReport(withP([-0.1, 0.4], 0.4));
    expect(doubtful).toMatch(/good is first of 2 methods .* above bad, but chance alone could make that difference\./);
    expect(doubtful).toContain('may be chance</td>');
    const certain = renderReport(withP([0.1, 0.4], 0.001));
    expect(certain).toMatch(/above bad, more than chance would make\./);
    expect(certain).toContain('good is better</td>');
    expect(renderReport(withP([-0.4, -0.1], 0.001))).toContain('bad is better</td>');
    expect(renderReport({ ...input, comparisons: [] })).toMatch(/above bad\./);
  });

  it('has no winner where all are level or nothing is found', async () => {
    const input = await inputOf();
    const [good, bad] = input.methods;
    if (good === undefined || bad === undefined) throw new Error('two methods');
    const scored = (method: ReportMethod, ndcg: number): ReportMethod => ({
      ...method,
      evaluation: { ...method.evaluation, metrics: { ...method.evaluation.metrics, 'ndcg@20': ndcg } },
    });
    const headlineOf = (first: number, second: number) =>
      renderReport({ ...input, methods: [scored(good, first), scored(bad, second)] });
    expect(headlineOf(0.5, 0.5)).toContain('good and bad are level, first of 2 methods with NDCG@20 0.5000.');
    expect(headlineOf(0, 0)).toContain('None of the 2 methods finds anything that was held out');
  });

  it('explains the columns in words and says when it was made', async () => {
    const page = renderReport({ ...(await inputOf()), createdAt: '2026-01-02T03:04:05.678Z' });
    expect(page).toContain('Made 2026-01-02 03:04 UTC');
    for (const column of ['Precision', 'Recall', 'NDCG', 'Hit rate', 'MAP', 'MRR', 'Coverage', 'Gini', 'Novelty']) {
      expect(page).toContain(`<dt>${column}</dt>`);
    }
  });

  it('leaves every label of a chart its room', async () => {
    const input = await inputOf();
    const name = 'a-method-with-a-long-name';
    const page = renderReport({ ...input, methods: input.methods.map((method) => ({ ...method, name })) });
    const labels = [...page.matchAll(/class="label" x="([\d.]+)" y="[\d.]+" text-anchor="end">([^<]*)</g)];
    expect(labels.length).toBeGreaterThan(0);
    for (const [, right, label = ''] of labels) expect(Number(right)).toBeGreaterThan(label.length * 6);
  });

  it('has whole epochs on its axis, and shows a curve of one', async () => {
    const input = await inputOf();
    const ofEpochs = (count: number) =>
      renderReport({
        ...input,
        methods: input.methods.map((method) => ({
          ...method,
          curve: Array.from({ length: count }, (_, at) => ({ epoch: at + 1, loss: 3 - at })),
        })),
      });
    const learning = (page: string) => page.slice(page.indexOf('<h2>Learning'), page.indexOf('<h2>Is the'));
    const across = [...learning(ofEpochs(2)).matchAll(/text-anchor="middle">([\d.]+)</g)].map(([, tick]) => tick);
    expect(across.slice(0, 2)).toEqual(['1', '2']);
    expect(learning(ofEpochs(1))).toContain('<circle');
  });

  it('marks the epoch that was kept, where it is another than the best', async () => {
    const input = await inputOf();
    const methods = input.methods.map((method, at) => (at === 0 ? { ...method, keptEpoch: 3 } : method));
    expect(renderReport({ ...input, methods })).toContain('The dot is epoch 3:');
  });

  it('shows what was searched, trial by trial', async () => {
    const input = await inputOf();
    const rows: NonNullable<ReportMethod['search']>['rows'] = [
      { trial: 1, settings: {}, epochs: 40, validationNdcg: 0.2513, validationError: 0.0042, seconds: 12 },
      {
        trial: 2,
        settings: { rate: 0.0123, kind: '<b>' },
        epochs: 40,
        validationNdcg: 0.2777,
        validationError: 1,
        seconds: 11,
      },
      { trial: 3, settings: { rate: 0.9 }, refused: 'the loss became NaN' },
    ];
    const search: ReportMethod['search'] = {
      kind: 'random',
      trials: 3,
      seed: 5,
      searched: ['rate', 'kind'],
      rows,
      kept: 2,
      verdict: 'trial 2 is kept',
      seconds: 23,
    };
    const methods = input.methods.map((method, at) => (at === 0 ? { ...method, search } : method));
    const page = renderReport({ ...input, methods });
    for (const text of [
      'A random search of rate, kind in 3 trials (seed 5)',
      'Trial 2 is kept.',
      'the defaults',
      '0.2513',
      '± 0.0042',
      '2 (kept)',
      'rate 0.0123, kind &lt;b&gt;',
      'no model',
      'unknown</td>',
    ]) {
      expect(page).toContain(text);
    }
    expect(renderReport(input)).not.toContain('Settings that were searched');
  });

  it('shows what validation chose, by which figures and why', async () => {
    const input = await inputOf();
    const serving = { priorWindowDays: 7, priorStrength: 1.25, shrinkage: 3 };
    const choices: NonNullable<ReportMethod['choices']> = {
      settings: { temperature: 0.2, ...serving },
      probes: [
        { settings: {}, serving, ndcg: 0.2513, error: 0.0042, seconds: 3 },
        { settings: { temperature: 0.2 }, serving, ndcg: 0.2777, error: 0.0043, seconds: 4 },
      ],
      kept: 2,
      shrinkage: { because: 'histories are shrunk by 3' },
      union: {
        candidates: [{ name: 'vectors + 0.5 <ease>', ndcg: 0.2888, error: 0.0044 }],
        because: ['vectors + 0.5 ease ranks validation best', 'own items do not come first'],
      },
    };
    const methods = input.methods.map((method, at) => (at === 0 ? { ...method, choices } : method));
    const page = renderReport({ ...input, methods });
    for (const text of [
      'Chosen on validation',
      '2 short trainings, 7.0 s',
      'Chosen: temperature 0.2, priorWindowDays 7, priorStrength 1.25, shrinkage 3.',
      'Why: histories are shrunk by 3; vectors + 0.5 ease ranks validation best; own items do not come first.',
      'what the rules say</td>',
      '2 (kept)',
      '0.2777',
      '± 0.0043',
      'vectors + 0.5 &lt;ease&gt;',
      '0.2888',
    ]) {
      expect(page).toContain(text);
    }
    expect(page).not.toContain('1 (kept)');
    const unjoined = input.methods.map((method) => ({ ...method, choices: { ...choices, union: undefined } }));
    expect(renderReport({ ...input, methods: unjoined })).not.toContain('Ranked by');
    expect(renderReport(input)).not.toContain('Chosen on validation');
  });

  it('says which sources of items were left out, and why; of a model that noted none, nothing', async () => {
    const input = await inputOf();
    const [good, bad] = input.methods as [ReportMethod, ReportMethod];
    const decided = { arms: [], users: 0, sparseUsers: 1, trainedUsers: 4, because: 'they stay as they are' };
    const pageOf = (augmentation: ReportMethod['augmentation']) =>
      renderReport({ ...input, methods: [{ ...good, augmentation }, bad] });
    const leftOut = [{ source: 'dae', because: 'its loss became <b>NaN</b>' }];
    expect(pageOf({ ...decided, leftOut })).toContain('dae (its loss became &lt;b&gt;NaN&lt;/b&gt;)');
    expect(pageOf(decided)).toContain('Why: they stay as they are.</p>');
  });

  it('shows how vectors lie where a method has them', async () => {
    const input = await inputOf();
    const representation: Representation = {
      alignment: 0.5,
      userUniformity: -2.25,
      itemUniformity: undefined,
      userEffectiveRank: 7.5,
      itemEffectiveRank: 3,
      dimensions: 8,
      itemHubness: 1.5,
      silhouette: 0.25,
      segments: 8,
      stability: 0.875,
      categoryProbe: { accuracy: 0.75, majority: 0.25, classes: 4, rows: 100 },
      activityProbe: undefined,
    };
    const methods = input.methods.map((method, k) => (k === 0 ? { ...method, representation } : method));
    const page = renderReport({ ...input, methods });
    expect(page).toContain('<h2>Vectors</h2>');
    const row = page.slice(page.indexOf('<h2>Vectors</h2>')).match(/<tbody>(.*?)<\/tbody>/s)?.[1] ?? '';
    const cells = [...row.matchAll(/<td>(.*?)<\/td>/g)].map(([, cell]) => cell);
    expect(cells).toEqual([
      '0.50',
      '-2.25',
      '–',
      '7.5 of 8',
      '3.0 of 8',
      '1.50',
      '0.25 (8)',
      '0.88',
      '75 % against 25 %',
      '–',
    ]);
    expect(renderReport(input)).not.toContain('Vectors');
  });

  it('stands alone and escapes what it is given', async () => {
    const page = renderReport(await inputOf());
    expect(page).toContain('&lt;script&gt;alert(&quot;shop&quot;)&lt;/script&gt; &amp; more');
    expect(page).not.toMatch(/<script|<link|<img|<iframe|https?:|url\(|@import/);
    expect(page).toContain("default-src 'none'");
  });

  it('is well formed, without a number that is none, and the same for the same input', async () => {
    const input = await inputOf();
    const page = renderReport(input);
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
    for (const tag of ['svg', 'table', 'div', 'g', 'td', 'tr', 'details', 'main']) {
      const opened = page.match(new RegExp(`<${tag}[ >]`, 'g'))?.length;
      expect(page.match(new RegExp(`</${tag}>`, 'g'))?.length, tag).toBe(opened);
    }
    expect(renderReport(input)).toBe(page);
  });

  it('does with the least: one method, no curve, no popularity, metrics that are all 0', async () => {
    const recommender = scoresOf(
      rows.map(() => [0, 0, 0, 0, 0, 0]),
      6,
    );
    const poor = trainedCohort(trainingOf(rows, 6), heldOutOf([[], [], [], []], 6, [1, 1, 1, 1]), { mask: 'seen' });
    const evaluation = await evaluate(recommender, poor, { mask: 'seen', cutoffs: [3] });
    const page = renderReport({
      title: 'Least',
      dataset: { users: 4, items: 6, train: 8, test: 4 },
      methods: [{ name: 'zero', evaluation }],
    });
    expect(page).toContain('zero reaches NDCG@3 0.0000');
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
    expect(() =>
      renderReport({ title: 'None', dataset: { users: 0, items: 0, train: 0, test: 0 }, methods: [] }),
    ).toThrow(/at least one method/);
  });
});
