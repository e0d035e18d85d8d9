import { Command } from 'commander';
import { anomaliesCommand } from './commands/anomalies.js';
import { benchmarkCommand } from './commands/benchmark.js';
import { datasetsCommand } from './commands/datasets.js';
import { deadLettersCommand } from './commands/dead-letters.js';
import { demoCommand } from './commands/demo.js';
import { doctorCommand } from './commands/doctor.js';
import { exportCommand } from './commands/export.js';
import { ingestCommand } from './commands/ingest.js';
import { modelsCommand, rollbackCommand, runsCommand } from './commands/records.js';
import { evaluateCommand, indexCommand, pairCommand, promoteCommand, trainCommand } from './commands/stages.js';
import { synthesizeCommand } from './commands/synthesize.js';
import { migrateCommand, serveCommand, upCommand } from './commands/up.js';

/** All commands, the pipeline's verbs first, in the order in which data flows. */
export function createProgram(): Command {
  const program = new Command('kindred')
    .description('Interaction logs in, recommendations out: ingest → pair → train → evaluate → index → serve')
    .version('0.1.0')
    .showSuggestionAfterError();
  const commands = [
    demoCommand(),
    upCommand(),
    ingestCommand(),
    pairCommand(),
    trainCommand(),
    evaluateCommand(),
    indexCommand(),
    promoteCommand(),
    serveCommand(),
    benchmarkCommand(),
    runsCommand(),
    modelsCommand(),
    rollbackCommand(),
    exportCommand(),
    anomaliesCommand(),
    synthesizeCommand(),
    deadLettersCommand(),
    datasetsCommand(),
    doctorCommand(),
    migrateCommand(),
  ];
  for (const command of commands) program.addCommand(command);
  return program;
}
