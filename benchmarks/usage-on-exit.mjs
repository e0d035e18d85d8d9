// Loaded before a program (node --import): leaves what its process used where USAGE_FILE says, and ends it with the one
// that started it.
import { writeFileSync } from 'node:fs';

process.on('exit', () => writeFileSync(process.env.USAGE_FILE, JSON.stringify(process.resourceUsage())));
process.on('disconnect', () => process.exit(1));
process.channel?.unref();
