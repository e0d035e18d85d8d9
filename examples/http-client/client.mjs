// A shop's view of a running Kindred: send events, ask for recommendations. Run: node client.mjs http://127.0.0.1:8080
import { randomUUID } from 'node:crypto';

const [url = 'http://127.0.0.1:8080'] = process.argv.slice(2);

/** One request; a refusal becomes an error that says the way out. */
async function ask(method, path, body) {
  const answer = await fetch(`${url}${path}`, {
    method,
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const result = await answer.json();
  if (!answer.ok) throw new Error(`${result.code}: ${result.detail} ${result.wayOut}`);
  return result;
}

const shown = ({ items, source }) => `${source}: ${items.map(({ title, itemId }) => title ?? itemId).join(', ')}`;
const userId = `visitor-${randomUUID()}`;
const recommendations = `/v1/users/${userId}/recommendations?limit=5`;

// Nobody knows this user yet: what is popular.
const before = await ask('GET', recommendations);
console.log(`before   ${shown(before)}`);

// An id of its own makes an event safe to send again: the second time it is a duplicate.
const liked = before.items[0].itemId;
const events = [{ id: randomUUID(), userId, itemId: liked, type: 'purchase', time: new Date().toISOString() }];
console.log('sent    ', await ask('POST', '/v1/events', { events }));
console.log('again   ', await ask('POST', '/v1/events', { events }));

// The event counts at once, without any training.
console.log(`after    ${shown(await ask('GET', recommendations))}`);

// The same for an anonymous visitor, by the session alone; nothing is stored.
console.log(`session  ${shown(await ask('POST', '/v1/recommendations', { history: [liked], limit: 5 }))}`);

const { items } = await ask('GET', `/v1/items/${encodeURIComponent(liked)}/similar?limit=3`);
console.log(`like it  ${items.map(({ title, itemId }) => title ?? itemId).join(', ')}`);
