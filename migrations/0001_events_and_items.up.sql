-- Ids are compared byte by byte (collation C): the same order on every server, and the fastest one.

CREATE TABLE kindred.events (
  id text COLLATE "C" PRIMARY KEY,
  user_id text COLLATE "C" NOT NULL,
  item_id text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  time timestamptz,
  value double precision,
  properties jsonb,
  source text NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN kindred.events.id IS 'idempotency key: the event''s own id, or a hash of its content';
COMMENT ON COLUMN kindred.events.time IS 'null only in logs without a time axis; such an event counts as older than any other';
COMMENT ON COLUMN kindred.events.source IS 'api, or ingest:<id>';

CREATE INDEX events_newest_of_user ON kindred.events (user_id, time DESC NULLS LAST);

CREATE TABLE kindred.items (
  item_id text COLLATE "C" PRIMARY KEY,
  title text,
  text text,
  category text,
  tags text[] NOT NULL DEFAULT '{}',
  price double precision,
  available boolean NOT NULL DEFAULT true,
  published_at timestamptz,
  attributes jsonb,
  updated_at timestamptz NOT NULL DEFAULT now()
);
