import { join } from 'node:path';
import { type EngineReport, probeEngines } from '@kindred/compute';
import { describeEnvironment } from '@kindred/config';
import { DATASETS } from '@kindred/datasets';
import { openStorage } from '@kindred/pipeline';
import { DRIVERS } from '@kindred/vector-index';
import { Command } from 'commander';
import { findDataset } from '../dataset-folders.js';
import { renderTable } from '../output.js';
import { type CommonFlags, common, openSession, type Session } from '../session.js';

/** One thing that Kindred can use: there or not, and what would bring it. */
interface Finding {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly remedy?: string | undefined;
}

export function doctorCommand(): Command {
  const command = new Command('doctor')
    .description('what works here, what does not, and the command that brings it')
    .option('--env', 'list all settings instead');
  return common(command, ['doctor', 'doctor --env']).action(async (flags: CommonFlags & { readonly env?: boolean }) => {
    const session = openSession(flags);
    if (flags.env === true) {
      printEnvironment(session);
      return;
    }
    const engines = await probeEngines();
    const findings = [await database(session), await queue(session), ...(await indexes()), ...datasets(session)];
    session.print({ node: process.version, engines, findings }, () => text(engines, findings));
  });
}

function printEnvironment(session: Session): void {
  const { settings, warnings } = describeEnvironment();
  session.print({ settings, warnings }, () => {
    const rows = settings.map(({ name, value, source, type, description }) => [
      name,
      String(value ?? ''),
      source,
      type,
      description,
    ]);
    return [renderTable(['setting', 'value', 'from', 'type', 'what it is'], rows), ...warnings].join('\n');
  });
}

async function database({ config }: Session): Promise<Finding> {
  try {
    const storage = await openStorage({ ...config, applicationName: 'kindred-doctor' });
    await storage.close();
    const detail = storage.embedded
      ? `embedded PostgreSQL in ${join(config.dataDir, 'postgres')}`
      : 'KINDRED_DATABASE_URL';
    return { name: 'database', ok: true, detail };
  } catch (error) {
    return {
      name: 'database',
      ok: false,
      detail: (error as Error).message,
      remedy: 'set KINDRED_DATABASE_URL, or see the message',
    };
  }
}

async function queue({ config }: Session): Promise<Finding> {
  if (config.redisUrl === undefined)
    return { name: 'queue', ok: true, detail: 'in PostgreSQL (KINDRED_REDIS_URL is not set)' };
  const { openQueues } = await import('@kindred/queue');
  try {
    const queues = await openQueues({ redisUrl: config.redisUrl });
    await queues.close();
    return { name: 'queue', ok: true, detail: 'Redis' };
  } catch (error) {
    return {
      name: 'queue',
      ok: false,
      detail: (error as Error).message,
      remedy: 'start Redis, or unset KINDRED_REDIS_URL',
    };
  }
}

function indexes(): Promise<Finding[]> {
  return Promise.all(
    DRIVERS.map(async (driver) => {
      const fault = await driver.findFault();
      return {
        name: `index ${driver.name}`,
        ok: fault === undefined,
        detail: fault?.why ?? 'loads',
        remedy: fault?.remedy,
      };
    }),
  );
}

function datasets({ config }: Session): Finding[] {
  return DATASETS.map(({ name }) => {
    const found = findDataset(config, name);
    const ok = found !== undefined;
    return {
      name: `data ${name}`,
      ok,
      detail: found ?? 'not here',
      remedy: ok ? undefined : `kindred datasets pull ${name}`,
    };
  });
}

function text(engines: readonly EngineReport[], findings: readonly Finding[]): string {
  const engineRows = engines.map(({ name, available, chosenByAuto, detail, why, remedy }) => [
    chosenByAuto ? `${name} *` : name,
    available ? 'yes' : 'no',
    detail,
    why ?? '',
    remedy ?? '',
  ]);
  const rows = findings.map(({ name, ok, detail, remedy }) => [name, ok ? 'yes' : 'no', detail, remedy ?? '']);
  return [
    `Node ${process.version} on ${process.platform} ${process.arch}`,
    '',
    renderTable(['engine', 'there', 'what runs', 'why not (faster)', 'what brings it'], engineRows),
    '* chosen by auto',
    '',
    renderTable(['part', 'there', 'detail', 'what brings it'], rows),
  ].join('\n');
}
