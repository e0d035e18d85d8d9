import { KindredError } from '@kindred/domain';
import { type Command, CommanderError } from 'commander';
import { createProgram } from './program.js';
import { interruption } from './session.js';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const EXIT_INTERRUPTED = 130;

// The first signal ends the command in order; the second does not wait.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (interruption.signal.aborted) process.exit(EXIT_INTERRUPTED);
    interruption.abort(new KindredError('INTERRUPTED', `interrupted by ${signal}`));
  });
}
// A reader that has enough (| head) is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : EXIT_FAILED));

const program = createProgram();
everyCommand(program, (command) => command.exitOverride());
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error, process.argv.includes('--json'));
}

function everyCommand(command: Command, visit: (command: Command) => void): void {
  visit(command);
  for (const child of command.commands) everyCommand(child, visit);
}

/** Says what went wrong and the way out. @returns the exit code */
function report(error: unknown, asJson: boolean): number {
  if (error instanceof CommanderError) return reportUsage(error, asJson);
  if (!(error instanceof KindredError)) {
    process.stderr.write(`kindred: ${error instanceof Error ? error.stack : String(error)}\n`);
    if (asJson) printFault(new KindredError('INTERNAL', error instanceof Error ? error.message : String(error)));
    return EXIT_FAILED;
  }
  const { code, message, entry } = error;
  if (asJson) printFault(error);
  process.stderr.write(`kindred: ${entry.title} (${code}): ${message}\n  ${entry.wayOut}\n`);
  return interruption.signal.aborted ? EXIT_INTERRUPTED : entry.exitCode;
}

/** Commander has told people already; --help and --version end here too. */
function reportUsage({ code, exitCode, message }: CommanderError, asJson: boolean): number {
  if (exitCode === 0) return 0;
  const told = code === 'commander.help' ? 'no command was given' : message.replace(/^error: /, '');
  if (asJson) printFault(new KindredError('USAGE', told));
  return EXIT_USAGE;
}

function printFault({ code, message, field, entry }: KindredError): void {
  process.stdout.write(`${JSON.stringify({ error: { code, message, field, wayOut: entry.wayOut } })}\n`);
}
