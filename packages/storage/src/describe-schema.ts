import { type Kysely, type RawBuilder, sql } from 'kysely';
import { SCHEMA, type Tables } from './open-database.js';

interface Statement {
  readonly statement: string;
}

/**
 * The schema as SQL, read back from the catalogue of a migrated database and sorted by name, so that the
 * committed copy shows at a glance what all migrations together amount to, and a test sees it drift.
 */
export async function describeSchema(db: Kysely<Tables>): Promise<string> {
  const parts = await db.transaction().execute(async (trx) => {
    // An empty path makes the catalogue's functions write every name with its schema.
    await sql`SET LOCAL search_path = ''`.execute(trx);
    const statements: string[] = [];
    for (const query of [TABLES, CONSTRAINTS, INDEXES, FUNCTIONS, TRIGGERS, COMMENTS]) {
      const { rows } = await query.execute(trx);
      statements.push(...rows.map(({ statement }) => `${statement};`));
    }
    return statements;
  });
  return `-- Made by \`npm run generate -w @kindred/storage\` from the migrations; do not edit.\n\n${parts.join('\n\n')}\n`;
}

/** Our tables; the two in which Kysely keeps its books are its own business. */
const OUR_TABLES = sql`
  SELECT c.oid, c.relname FROM pg_class c
  WHERE c.relnamespace = ${sql.lit(SCHEMA)}::regnamespace AND c.relkind = 'r' AND c.relname NOT LIKE 'migrations%'
`;

const TABLES: RawBuilder<Statement> = sql`
  SELECT 'CREATE TABLE ' || t.oid::regclass || E' (\n' || string_agg(
    '  ' || quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod)
      || CASE WHEN a.attcollation <> y.typcollation THEN ' COLLATE ' || quote_ident(l.collname) ELSE '' END
      || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
      || CASE WHEN a.attidentity = 'a' THEN ' GENERATED ALWAYS AS IDENTITY' ELSE '' END
      || coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), ''),
    E',\n' ORDER BY a.attnum) || E'\n)' AS statement
  FROM (${OUR_TABLES}) t
  JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_type y ON y.oid = a.atttypid
  LEFT JOIN pg_collation l ON l.oid = a.attcollation
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  GROUP BY t.oid, t.relname ORDER BY t.relname
`;

/** NOT NULL, which Postgres 18 counts among the constraints, stands with its column already. */
const CONSTRAINTS: RawBuilder<Statement> = sql`
  SELECT 'ALTER TABLE ' || t.oid::regclass || ' ADD CONSTRAINT ' || quote_ident(k.conname) || ' '
    || pg_get_constraintdef(k.oid) AS statement
  FROM (${OUR_TABLES}) t JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype <> 'n'
  ORDER BY t.relname, k.conname
`;

const INDEXES: RawBuilder<Statement> = sql`
  SELECT pg_get_indexdef(i.indexrelid) AS statement
  FROM (${OUR_TABLES}) t JOIN pg_index i ON i.indrelid = t.oid JOIN pg_class c ON c.oid = i.indexrelid
  WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u'))
  ORDER BY t.relname, c.relname
`;

const FUNCTIONS: RawBuilder<Statement> = sql`
  SELECT rtrim(pg_get_functiondef(p.oid), E'\n') AS statement
  FROM pg_proc p WHERE p.pronamespace = ${sql.lit(SCHEMA)}::regnamespace ORDER BY p.proname
`;

const TRIGGERS: RawBuilder<Statement> = sql`
  SELECT pg_get_triggerdef(g.oid) AS statement
  FROM (${OUR_TABLES}) t JOIN pg_trigger g ON g.tgrelid = t.oid AND NOT g.tgisinternal
  ORDER BY t.relname, g.tgname
`;

const COMMENTS: RawBuilder<Statement> = sql`
  SELECT 'COMMENT ON ' || CASE WHEN a.attnum IS NULL THEN 'TABLE ' || t.oid::regclass
    ELSE 'COLUMN ' || t.oid::regclass || '.' || quote_ident(a.attname) END
    || ' IS ' || quote_literal(m.description) AS statement
  FROM (${OUR_TABLES}) t
  JOIN pg_description m ON m.objoid = t.oid AND m.classoid = 'pg_class'::regclass
  LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = m.objsubid AND m.objsubid > 0
  ORDER BY t.relname, m.objsubid
`;
