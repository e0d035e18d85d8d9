// Reads vitest's JSON: with --line prints one plain closing line; otherwise checks that the engine which was set up
// has really been tested.
import { readFileSync } from 'node:fs';

const [file, native, mode] = process.argv.slice(2);
const report = JSON.parse(readFileSync(file, 'utf8'));

if (mode === '--line') {
  console.log(`${report.numPassedTests} passed, ${report.numFailedTests} failed, ${report.numPendingTests} skipped`);
} else if (native === 'yes') {
  const tested = report.testResults.some(
    ({ name, assertionResults }) =>
      name.endsWith('packages/compute/test/conformance-tensorflow.test.ts') &&
      assertionResults.some(({ status }) => status === 'passed'),
  );
  if (!tested) {
    console.error('native TensorFlow was set up, but its conformance was not tested');
    process.exit(1);
  }
}
