/** What a person needs to know about one kind of failure. `exitCode`: 1 failed, 2 wrong usage or bad input, 130 interrupted. */
export interface SetupErrorEntry {
  readonly title: string;
  readonly wayOut: string;
  readonly exitCode: 1 | 2 | 130;
}

function entry(title: string, wayOut: string, exitCode: 1 | 2 | 130 = 1): SetupErrorEntry {
  return { title, wayOut, exitCode };
}

/** Codes are stable: programs may branch on them. */
export const SETUP_ERRORS = {
  USAGE: entry('Wrong usage', 'Run setup-tensorflow --help to see its flags.', 2),
  PLATFORM_UNSUPPORTED: entry(
    'This platform is not set up',
    'Linux on x64 with glibc is; elsewhere use the pure JavaScript or WebAssembly engine of TensorFlow.js.',
  ),
  RELEASE_UNKNOWN: entry(
    'No such release in the table',
    'Use one of the releases that the message lists, or give a file with --jar, --wheel or --libs.',
    2,
  ),
  PACKAGE_ABSENT: entry(
    '@tensorflow/tfjs-node-gpu is not installed',
    'Run: npm install --save-optional --ignore-scripts @tensorflow/tfjs-node-gpu@4.22.0',
  ),
  PACKAGE_UNSUPPORTED: entry(
    'This @tensorflow/tfjs-node-gpu is another version',
    'Install 4.22.0 exactly: npm install --save-optional --ignore-scripts @tensorflow/tfjs-node-gpu@4.22.0',
  ),
  TOOL_MISSING: entry('A tool is missing', 'Install what the message names and run the set-up again.'),
  FILE_NOT_FOUND: entry('The file is not there', 'Check the path.', 2),
  FETCH_FAILED: entry(
    'The download failed',
    'Check that the package client works by itself (its mirror, proxy and credentials), or give a file with --jar or --wheel.',
  ),
  CHECKSUM_MISMATCH: entry(
    'The file is not the one that was pinned',
    'Nothing of it was kept. Run again; if it stays, ask who runs the mirror what it serves.',
  ),
  CHECKSUM_UNKNOWN: entry(
    'The file is not in the table of pinned releases',
    'If you trust this file, repeat the command with --sha256 and the sum that the message gives.',
    2,
  ),
  ARCHIVE_INVALID: entry('The archive is damaged or of another kind', 'Fetch it again; nothing of it was kept.'),
  LIBRARY_INVALID: entry(
    'The library is damaged or of another kind',
    'Give whole x86-64 Linux builds of libtensorflow_cc.so.2 and libtensorflow_framework.so.2.',
  ),
  COMPILE_FAILED: entry(
    'The addon did not compile',
    'Read the compiler output in the message; g++ 9 or newer is known to work.',
  ),
  PROBE_FAILED: entry(
    'The library was tried in a child process and failed',
    'The package was left as it was. Try another release (--tensorflow), or set up again with --fresh.',
  ),
  INTERRUPTED: entry('Interrupted', 'Run the set-up again; what was finished is kept.', 130),
} as const satisfies Record<string, SetupErrorEntry>;

export type SetupErrorCode = keyof typeof SETUP_ERRORS;

/** Every failure that this package raises on purpose. The message says what and where; `entry.wayOut` says what to do. */
export class TensorflowSetupError extends Error {
  readonly code: SetupErrorCode;

  constructor(code: SetupErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'TensorflowSetupError';
    this.code = code;
  }

  get entry(): SetupErrorEntry {
    return SETUP_ERRORS[this.code];
  }
}
