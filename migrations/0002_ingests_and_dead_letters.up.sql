CREATE TABLE kindred.ingests (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source text NOT NULL,
  plan jsonb,
  status text NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'done', 'failed')),
  read bigint NOT NULL DEFAULT 0,
  stored bigint NOT NULL DEFAULT 0,
  duplicates bigint NOT NULL DEFAULT 0,
  rejected bigint NOT NULL DEFAULT 0,
  by_reason jsonb NOT NULL DEFAULT '{}',
  error jsonb,
  started_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  CONSTRAINT ingests_every_line_has_a_verdict CHECK (status <> 'done' OR read = stored + duplicates + rejected),
  CONSTRAINT ingests_finished_when_over CHECK ((status = 'running') = (finished_at IS NULL))
);
COMMENT ON TABLE kindred.ingests IS 'one row for each file or stream that was read';

CREATE TABLE kindred.dead_letters (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ingest_id bigint NOT NULL REFERENCES kindred.ingests ON DELETE CASCADE,
  line_number bigint NOT NULL,
  raw bytea NOT NULL,
  code text NOT NULL,
  message text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  replayed_at timestamptz
);
COMMENT ON COLUMN kindred.dead_letters.raw IS 'the line as it was, byte by byte: it may hold NUL or bad UTF-8';

CREATE INDEX dead_letters_of_ingest ON kindred.dead_letters (ingest_id, id);
