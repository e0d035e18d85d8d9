// Whether the segments of users are more than the luck of a seed, and whether they say something. Whole trainings are done
// again with other seeds, and the segments of the same users compared by the adjusted Rand index: k-means on the vectors of
// `inductive` and `swav`, the prototypes of `swav`, and k-means on random vectors as the control that must come to 0. What
// they say: NDCG@20 on the test by what is popular in one's own segment, beside what is popular at all.
//   node benchmarks/segments.mjs [--sets cfgan,lastfm,uci] [--methods inductive,swav,random] [--seeds 3] [--engine auto]
//        [--out results/segments.json]
// What the results file holds of other sets and methods is kept.
import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { loadEngine } from '@kindred/compute';
import { nearestCentres, Random, rowEntries } from '@kindred/domain';
import { adjustedRandIndex, evaluate, sampleUnitRows, silhouette, trainedCohort } from '@kindred/evaluation';
import { userDirections } from '@kindred/models/artefact';
import { chooseSegments, trainModel } from '@kindred/training';
import { commandLine, machine, mean, rounded, writeReport } from './measurements.mjs';
import { snapshotOfSet } from './set-snapshot.mjs';
import { presentSets } from './sets.mjs';

const { values: flags } = parseArgs({
  options: {
    sets: { type: 'string', default: 'cfgan,lastfm,uci' },
    methods: { type: 'string', default: 'inductive,swav,random' },
    seeds: { type: 'string', default: '3' },
    engine: { type: 'string', default: 'auto' },
    out: { type: 'string', default: path.join(import.meta.dirname, '../results/segments.json') },
  },
});
const CUTOFF = 20;
const SILHOUETTE_USERS = 1000;
/** As wide as the vectors of the methods. */
const RANDOM_WIDTH = 128;

const loadBefore = os.loadavg();
const kept = existsSync(flags.out) ? JSON.parse(readFileSync(flags.out, 'utf8')).results : {};
const results = { ...kept };
const seeds = Array.from({ length: Number(flags.seeds) }, (_, k) => k + 1);
for (const set of presentSets(flags.sets.split(','))) {
  const part = await (await snapshotOfSet(set, { seed: 1 })).part('evaluate');
  for (const method of flags.methods.split(',')) {
    const vectors = [];
    for (const seed of seeds) vectors.push(await vectorsOf(method, part, seed));
    const rows = await rowsOf(method, part, vectors);
    results[set] = { ...results[set], users: part.users.length, ...rows };
    save();
    console.log(`\n${set}, ${method}`);
    console.table(Object.fromEntries(Object.entries(rows).map(([name, { candidates: _, ...row }]) => [name, row])));
  }
}

function save() {
  writeReport(flags.out, {
    benchmark: 'segments',
    command: wholeCommand(),
    date: new Date().toISOString(),
    node: process.version,
    machine: machine(loadBefore),
    results,
  });
}

/** The one command that does all that the file holds, whatever pieces it was done in. */
function wholeCommand() {
  const rows = Object.values(results).flatMap((ofSet) => Object.keys(ofSet).filter((name) => name.includes(', ')));
  const methods = [...new Set(rows.map((name) => name.split(', ')[0]))].join();
  const more = { sets: Object.keys(results).join(), methods, seeds: flags.seeds };
  return commandLine({ without: Object.keys(more), more });
}

/** A whole training with the method's defaults; directions of the users [U, width], prototypes where there are some. */
async function vectorsOf(method, { data, users, items }, seed) {
  if (method === 'random') {
    const random = new Random(seed, 'random vectors');
    const values = Float32Array.from({ length: users.length * RANDOM_WIDTH }, () => random.normal());
    return { seed, width: RANDOM_WIDTH, ...unitRows(values, RANDOM_WIDTH) };
  }
  const engine = await loadEngine(flags.engine);
  try {
    const { artefact } = await trainModel({ method, data, vocabulary: { users, items }, engine, seed });
    const batch = { history: data.positives, times: data.times, users: Uint32Array.from(users.keys()) };
    const width = artefact.dimensions - 1;
    return { seed, width, values: userDirections(artefact, batch), prototypes: artefact.segments?.vectors };
  } finally {
    await engine.dispose();
  }
}

function unitRows(values, width) {
  return { values: sampleUnitRows({ values, width }, values.length / width, new Random(1)).values };
}

/** By k-means as `kindred train` does it, the number as the first seed has it; and by prototypes. */
async function rowsOf(method, part, vectors) {
  const [first] = vectors;
  const chosen = await chooseSegments({ ...segmentsRequest(first), count: 'auto' });
  const count = chosen.segments.vectors.length / first.width;
  const runs = [chosen];
  for (const users of vectors.slice(1)) runs.push(await chooseSegments({ ...segmentsRequest(users), count }));
  const stabilities = runs.map(({ segments }) => segments.stability);
  const rows = {
    [`${method}, k-means`]: {
      ...(await measure(
        part,
        vectors,
        runs.map(({ segments }) => segments.vectors),
      )),
      reseededAri: rounded(mean(stabilities)),
      candidates: chosen.candidates.map(({ count: of, stability, silhouette: apart }) => ({
        count: of,
        stability: rounded(stability),
        silhouette: rounded(apart),
      })),
    },
  };
  const prototypes = vectors.map((each) => each.prototypes);
  if (prototypes[0] !== undefined) rows[`${method}, prototypes`] = await measure(part, vectors, prototypes);
  return rows;
}

function segmentsRequest({ values, width, seed }) {
  const directionOf = (user) => values.subarray(user * width, (user + 1) * width);
  const directionsOf = (users) => Float32Array.from([...users].flatMap((user) => [...directionOf(user)]));
  return { users: values.length / width, directionsOf, width, seed };
}

async function measure(part, vectors, centres) {
  const divisions = vectors.map((users, k) => nearestCentres(users, centres[k]));
  const indexes = divisions.flatMap((a, i) => divisions.slice(0, i).map((b) => adjustedRandIndex(a, b)));
  const [users] = vectors;
  const some = sampleUnitRows({ values: users.values, width: users.width }, SILHOUETTE_USERS, new Random(1));
  return {
    segments: centres[0].length / users.width,
    occupied: new Set(divisions[0]).size,
    retrainedAri: indexes.length === 0 ? undefined : rounded(mean(indexes)),
    silhouette: rounded(silhouette(some, nearestCentres(some, centres[0]))),
    segmentPopularityNdcg: rounded(await popularityNdcg(part, divisions[0])),
    popularityNdcg: rounded(await popularityNdcg(part, new Uint32Array(part.users.length))),
  };
}

/** NDCG@20 on the test of ranking by how many users of one's own segment have an item, ties by all users. */
async function popularityNdcg({ data, heldOut, users, items }, segmentOf) {
  const segments = segmentOf.reduce((most, segment) => Math.max(most, segment + 1), 0);
  const counts = Array.from({ length: segments }, () => new Float32Array(items.length));
  users.forEach((_, user) => {
    for (const item of rowEntries(data.positives, user)[0]) {
      for (const [segment, own] of counts.entries()) own[item] += segment === segmentOf[user] ? 1 : 1e-3;
    }
  });
  const recommender = {
    name: 'popularity of the segment',
    itemCount: items.length,
    async score(batch, scores) {
      batch.users.forEach((user, row) => {
        scores.set(counts[segmentOf[user]], row * items.length);
      });
    },
  };
  const cohort = trainedCohort(data, heldOut, { mask: 'seen' });
  const { metrics } = await evaluate(recommender, cohort, { cutoffs: [CUTOFF], keepTop: 0 });
  return metrics[`ndcg@${CUTOFF}`];
}
