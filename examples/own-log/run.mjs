// From a log with column names of its own to recommendations, by the command line alone. Run: node run.mjs
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const kindred = fileURLToPath(new URL('../../apps/cli/bin/kindred.js', import.meta.url));
const log = fileURLToPath(new URL('orders.csv', import.meta.url));

function run(...words) {
  console.log(`\n$ kindred ${words.join(' ')}`);
  const { status } = spawnSync(process.execPath, [kindred, ...words], { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) process.exit(status ?? 1);
}

run(
  'ingest',
  log,
  '--map',
  'user=customer,item=article,type:purchase,time=bought_on,value=pieces,title=article_name,id=order_no',
);
run('dead-letters', 'list');
run('pair');
run('train');
run('evaluate');
run('index');
run('promote', 'latest');

console.log('\n$ kindred serve --port 0 --json');
const server = spawn(process.execPath, [kindred, 'serve', '--port', '0', '--json'], {
  stdio: ['ignore', 'pipe', 'ignore'],
});
const ended = once(server, 'exit');
try {
  const [line] = await once(createInterface({ input: server.stdout }), 'line');
  const { url } = JSON.parse(line);
  const answer = await fetch(`${url}/v1/users/c1003/recommendations?limit=3`);
  const { items, source } = await answer.json();
  console.log(`for c1003, from ${source}: ${items.map(({ title }) => title).join(', ')}`);
} finally {
  server.kill('SIGTERM');
  await ended;
}
