// Compiles assembly/row-kernels.ts and writes its bytes as TypeScript: node packages/compute/scripts/generate.mjs
// test/row-kernels.test.ts compares them with what is committed.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import asc from 'assemblyscript/asc';

const packageDir = path.join(import.meta.dirname, '..');
const SOURCE = 'assembly/row-kernels.ts';
export const GENERATED = path.join(packageDir, 'src/row-kernels/kernel-bytes.generated.ts');

/** No runtime, no start function, one imported memory: nothing but the loops. */
const OPTIONS = ['-O3', '--runtime', 'stub', '--importMemory', '--enable', 'simd', '--noAssert', '--use', 'abort='];

/** The generated file's content. @throws Error with what the compiler says */
export async function compiledKernels() {
  let bytes;
  const { error, stderr } = await asc.main([SOURCE, '--outFile', 'kernels.wasm', '--baseDir', packageDir, ...OPTIONS], {
    writeFile(name, content) {
      if (name === 'kernels.wasm') bytes = content;
    },
  });
  if (error !== null || bytes === undefined) throw new Error(`${SOURCE}: ${stderr.toString()}`, { cause: error });
  const base64 = Buffer.from(bytes).toString('base64');
  return `// Written by scripts/generate.mjs from ${SOURCE}.\nexport const KERNEL_BYTES =\n  '${base64}';\n`;
}

if (process.argv[1] === import.meta.filename) writeFileSync(GENERATED, await compiledKernels());
