// The documents that are made from code: docs/errors.md and docs/openapi.json. Run it to write them;
// test/docs/generated.test.ts compares them with what is committed.
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { openApiDocument } from '@kindred/api-schema';
import { ERROR_TABLE } from '@kindred/domain';

/** Every generated document by its path in the repository. */
export function generatedDocuments() {
  return {
    'docs/errors.md': errorsPage(),
    'docs/openapi.json': `${JSON.stringify(openApiDocument(), null, 2)}\n`,
  };
}

function errorsPage() {
  const rows = Object.entries(ERROR_TABLE).map(
    ([code, { title, wayOut, status, exitCode }]) => `| \`${code}\` | ${title} | ${wayOut} | ${status} | ${exitCode} |`,
  );
  return [
    '# Errors',
    '',
    'Every error that Kindred raises on purpose has a stable code of this table (`packages/domain/src/errors.ts`).',
    'The API answers with RFC 9457 problem details that carry it, dead letters name it as their reason, the command',
    'line prints it. Exit codes: 1 failed, 2 wrong usage or bad input, 3 refused by a quality gate, 130 interrupted.',
    '',
    '| code | what happened | what to do | HTTP | exit |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const [path, content] of Object.entries(generatedDocuments())) {
    writeFileSync(new URL(`../${path}`, import.meta.url), content);
    process.stdout.write(`${path}\n`);
  }
}
