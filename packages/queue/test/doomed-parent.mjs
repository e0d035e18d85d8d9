// A parent that says its child's process id and waits to be killed. argv: the child's act.
import { runInChild } from '@kindred/queue';

await runInChild({
  entry: new URL('./child-entry.mjs', import.meta.url),
  payload: { act: process.argv[2], file: process.argv[3] },
  onMessage: (message) => console.log(JSON.stringify(message)),
});
