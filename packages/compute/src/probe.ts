/** Entry of the child process that tries one engine: `node probe.js NAME`. Prints one line, a ProbeResult. */
import { DriverUnavailable, faultLine } from './driver.js';
import { getDriver } from './drivers.js';
import type { EngineName } from './engine.js';
import { PROBE_MARK, type ProbeResult } from './probe-result.js';
import { TfjsEngine } from './tfjs-engine.js';

async function tryEngine(name: EngineName): Promise<ProbeResult> {
  try {
    const backend = await (await getDriver(name)).load({});
    const product = await new TfjsEngine(name, backend).matmul(
      Float32Array.of(2, 3),
      [1, 2],
      Float32Array.of(5, 7),
      [2, 1],
    );
    if (product[0] !== 31) throw new Error(`2·5 + 3·7 gives ${product[0]}, not 31`);
    return {
      name,
      available: true,
      detail: backend.description,
      // One by one: a limitation may be an error, which has a name of its own.
      why: backend.limitation?.why,
      remedy: backend.limitation?.remedy,
    };
  } catch (fault) {
    const why = fault instanceof DriverUnavailable ? fault.why : faultLine(fault);
    const remedy = fault instanceof DriverUnavailable ? fault.remedy : undefined;
    return { name, available: false, detail: 'not available', why, remedy };
  }
}

const result = await tryEngine(process.argv[2] as EngineName);
const { available, detail, why, remedy } = result;
process.stdout.write(`${PROBE_MARK}${JSON.stringify({ name: result.name, available, detail, why, remedy })}\n`);
// Native libraries may hold threads that keep the process up.
process.exit(0);
