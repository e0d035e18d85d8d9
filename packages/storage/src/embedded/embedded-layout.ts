import { join, resolve } from 'node:path';

/** Where the parts of an embedded server lie. */
export interface EmbeddedLayout {
  readonly root: string;
  /** The cluster itself, owned by the account that runs the server, mode 0700. */
  readonly cluster: string;
  /** The password of the role kindred, readable by the owner of the folder only. */
  readonly password: string;
  /** One file for each handle on the server; its content names the process. */
  readonly users: string;
  /** Held while the server is started, stopped, joined or left. */
  readonly lock: string;
  readonly log: string;
}

/** `<dataDir>/postgres` and its parts, as absolute paths. */
export function embeddedLayout(dataDir: string): EmbeddedLayout {
  const root = join(resolve(dataDir), 'postgres');
  return {
    root,
    cluster: join(root, 'data'),
    password: join(root, 'password'),
    users: join(root, 'users'),
    lock: join(root, 'start.lock'),
    log: join(root, 'server.log'),
  };
}
