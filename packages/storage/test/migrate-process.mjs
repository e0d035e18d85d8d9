// Migrates the database of the address given; says which migrations ran.
import { migrate, openDatabase } from '@kindred/storage';

const database = await openDatabase(process.argv[2]);
console.log(JSON.stringify(await migrate(database.db)));
await database.close();
