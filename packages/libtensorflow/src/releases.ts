import { TensorflowSetupError } from './errors.js';

export type Device = 'cpu' | 'gpu';
export type PackageClient = 'mvn' | 'pip';

/** An archive as its package client names it, and what it must contain. */
export interface Archive {
  readonly client: PackageClient;
  /** Maven: `group:artifact:version:classifier`; pip: `name==version`. */
  readonly coordinates: string;
  /** The name of the file; for pip the one wheel of all its builds that is taken, whatever Python is here. */
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface Release {
  readonly tensorflow: string;
  readonly device: Device;
  readonly archive: Archive;
}

function jar(
  tensorflow: string,
  device: Device,
  artifact: string,
  version: string,
  bytes: number,
  sha256: string,
): Release {
  const classifier = device === 'gpu' ? 'linux-x86_64-gpu' : 'linux-x86_64';
  const coordinates = `org.tensorflow:${artifact}:${version}:${classifier}`;
  const file = `${artifact}-${version}-${classifier}.jar`;
  return { tensorflow, device, archive: { client: 'mvn', coordinates, file, bytes, sha256 } };
}

function wheel(tensorflow: string, device: Device, platform: string, bytes: number, sha256: string): Release {
  const name = device === 'gpu' ? 'tensorflow' : 'tensorflow-cpu';
  const file = `${name.replace('-', '_')}-${tensorflow}-cp311-cp311-${platform}.whl`;
  return { tensorflow, device, archive: { client: 'pip', coordinates: `${name}==${tensorflow}`, file, bytes, sha256 } };
}

const MANYLINUX_2_17 = 'manylinux_2_17_x86_64.manylinux2014_x86_64';

/**
 * The one table of pins. Within a client and a device the first row is the default. CPU: 2.10.1 is the smallest and
 * the nearest to the 2.9.1 that tfjs-node 4.22.0 was made for. GPU: 2.18.0 (CUDA 12.5, cuDNN 9.3).
 */
export const RELEASES: readonly Release[] = [
  jar(
    '2.10.1',
    'cpu',
    'tensorflow-core-api',
    '0.5.0',
    116_959_312,
    'f394c5be26c8f3b644cdc77e6741b2cfe774caa8aedeb969c50e074444feac55',
  ),
  jar(
    '2.16.2',
    'cpu',
    'tensorflow-core-native',
    '1.0.0',
    148_786_453,
    'ba217198f8fb4f289d883d51c6d438a416d525f425696ff8c32222fd0b54c1da',
  ),
  jar(
    '2.18.0',
    'cpu',
    'tensorflow-core-native',
    '1.1.0',
    160_591_394,
    '81b0e11290ba3b2e134901395ef59f1ae616f8ab7931f0d5c3eeb89c1b97c4e6',
  ),
  jar(
    '2.21.0',
    'cpu',
    'tensorflow-core-native',
    '1.2.0',
    192_265_303,
    'e6fc5afb04092f3427408f1947ec1e5832ed196009acfc088b4d38a516b708bd',
  ),
  jar(
    '2.18.0',
    'gpu',
    'tensorflow-core-native',
    '1.1.0',
    526_493_073,
    '9e2c48fbc444e941dc09eb998b16c8d699c8ca950d2bf09ab90871137a982826',
  ),
  wheel(
    '2.18.1',
    'cpu',
    MANYLINUX_2_17,
    230_236_181,
    '810c75d7149d2da0cb2092187817b0dcabb80728ca9f9cf3a61f3f42fadd1298',
  ),
  wheel(
    '2.15.1',
    'cpu',
    MANYLINUX_2_17,
    207_208_420,
    '54660c074d7241a503e81edfd9f5ef5af88f64051b72e2945f26318c790f2d26',
  ),
  wheel(
    '2.18.0',
    'cpu',
    MANYLINUX_2_17,
    230_152_077,
    '089e71746960ea581dca53401f84b3b99c8537313e337a9e5dbf97036a936f7e',
  ),
  wheel(
    '2.21.0',
    'cpu',
    'manylinux_2_27_x86_64',
    273_829_956,
    '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
  ),
  wheel(
    '2.18.1',
    'gpu',
    MANYLINUX_2_17,
    615_510_377,
    'c9f87e5d2a680a4595f5dc30daf6bbaec9d4129b46d7ef1b2af63c46ac7d2828',
  ),
  wheel(
    '2.18.0',
    'gpu',
    MANYLINUX_2_17,
    615_407_268,
    '70b8dd70fa3600bfce66ab529eebb804e1f9d7c863d2f71bc8fe9fc7a1ec3976',
  ),
];

/** What a person may ask for; what is left out stays open. */
export interface ReleaseQuery {
  readonly device: Device;
  readonly tensorflow?: string | undefined;
  readonly client?: PackageClient | undefined;
}

/**
 * The releases to try, best first: at most one for each client, Maven before pip.
 * Throws RELEASE_UNKNOWN, naming what there is, when the table has none.
 */
export function getCandidates(query: ReleaseQuery, releases: readonly Release[] = RELEASES): Release[] {
  const clients: readonly PackageClient[] = query.client === undefined ? ['mvn', 'pip'] : [query.client];
  const candidates = clients.flatMap((client) => {
    const found = releases.find(
      (release) =>
        release.archive.client === client &&
        release.device === query.device &&
        (query.tensorflow === undefined || release.tensorflow === query.tensorflow),
    );
    return found === undefined ? [] : [found];
  });
  if (candidates.length === 0) {
    const known = releases.map((r) => `${r.tensorflow} ${r.device} by ${r.archive.client}`).join(', ');
    const asked = [query.tensorflow, query.device, query.client && `by ${query.client}`].filter(Boolean).join(' ');
    throw new TensorflowSetupError('RELEASE_UNKNOWN', `TensorFlow ${asked} is not in the table; there are: ${known}`);
  }
  return candidates;
}

/** The release whose archive has this sum, if it is one of the table's. */
export function findReleaseBySha256(sha256: string, releases: readonly Release[] = RELEASES): Release | undefined {
  return releases.find((release) => release.archive.sha256 === sha256);
}
