-- Made by `npm run generate -w @kindred/storage` from the migrations; do not edit.

CREATE TABLE kindred.dead_letters (
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  ingest_id bigint NOT NULL,
  line_number bigint NOT NULL,
  raw bytea NOT NULL,
  code text NOT NULL,
  message text NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  replayed_at timestamp with time zone
);

CREATE TABLE kindred.events (
  id text COLLATE "C" NOT NULL,
  user_id text COLLATE "C" NOT NULL,
  item_id text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  "time" timestamp with time zone,
  value double precision,
  properties jsonb,
  source text NOT NULL,
  received_at timestamp with time zone NOT NULL DEFAULT now()
);

CREATE TABLE kindred.ingests (
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  source text NOT NULL,
  plan jsonb,
  status text NOT NULL DEFAULT 'running'::text,
  read bigint NOT NULL DEFAULT 0,
  stored bigint NOT NULL DEFAULT 0,
  duplicates bigint NOT NULL DEFAULT 0,
  rejected bigint NOT NULL DEFAULT 0,
  by_reason jsonb NOT NULL DEFAULT '{}'::jsonb,
  error jsonb,
  started_at timestamp with time zone NOT NULL DEFAULT now(),
  finished_at timestamp with time zone
);

CREATE TABLE kindred.items (
  item_id text COLLATE "C" NOT NULL,
  title text,
  text text,
  category text,
  tags text[] NOT NULL DEFAULT '{}'::text[],
  price double precision,
  available boolean NOT NULL DEFAULT true,
  published_at timestamp with time zone,
  attributes jsonb,
  updated_at timestamp with time zone NOT NULL DEFAULT now()
);

CREATE TABLE kindred.models (
  id text COLLATE "C" NOT NULL,
  snapshot_id text COLLATE "C" NOT NULL,
  run_id text COLLATE "C",
  method text NOT NULL,
  status text NOT NULL DEFAULT 'trained'::text,
  path text NOT NULL,
  metrics jsonb,
  created_at timestamp with time zone NOT NULL DEFAULT now()
);

CREATE TABLE kindred.promotions (
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  model_id text COLLATE "C" NOT NULL,
  reason text NOT NULL,
  previous_model_id text COLLATE "C",
  previous_promotion_id bigint,
  promoted_at timestamp with time zone NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE kindred.run_events (
  run_id text COLLATE "C" NOT NULL,
  seq bigint NOT NULL,
  "time" timestamp with time zone NOT NULL DEFAULT clock_timestamp(),
  stage text,
  kind text NOT NULL,
  message text NOT NULL,
  data jsonb
);

CREATE TABLE kindred.runs (
  id text COLLATE "C" NOT NULL,
  stages text[] NOT NULL,
  settings jsonb NOT NULL DEFAULT '{}'::jsonb,
  status text NOT NULL DEFAULT 'queued'::text,
  current_stage text,
  results jsonb NOT NULL DEFAULT '{}'::jsonb,
  error jsonb,
  last_event_seq bigint NOT NULL DEFAULT 0,
  cancel_requested_at timestamp with time zone,
  heartbeat_at timestamp with time zone,
  created_at timestamp with time zone NOT NULL DEFAULT now(),
  started_at timestamp with time zone,
  finished_at timestamp with time zone,
  executor text NOT NULL DEFAULT 'queue'::text,
  parent_id text COLLATE "C"
);

CREATE TABLE kindred.snapshots (
  id text COLLATE "C" NOT NULL,
  run_id text COLLATE "C",
  path text NOT NULL,
  manifest jsonb NOT NULL,
  created_at timestamp with time zone NOT NULL DEFAULT now()
);

ALTER TABLE kindred.dead_letters ADD CONSTRAINT dead_letters_ingest_id_fkey FOREIGN KEY (ingest_id) REFERENCES kindred.ingests(id) ON DELETE CASCADE;

ALTER TABLE kindred.dead_letters ADD CONSTRAINT dead_letters_pkey PRIMARY KEY (id);

ALTER TABLE kindred.events ADD CONSTRAINT events_pkey PRIMARY KEY (id);

ALTER TABLE kindred.ingests ADD CONSTRAINT ingests_every_line_has_a_verdict CHECK (((status <> 'done'::text) OR (read = ((stored + duplicates) + rejected))));

ALTER TABLE kindred.ingests ADD CONSTRAINT ingests_finished_when_over CHECK (((status = 'running'::text) = (finished_at IS NULL)));

ALTER TABLE kindred.ingests ADD CONSTRAINT ingests_pkey PRIMARY KEY (id);

ALTER TABLE kindred.ingests ADD CONSTRAINT ingests_status_check CHECK ((status = ANY (ARRAY['running'::text, 'done'::text, 'failed'::text])));

ALTER TABLE kindred.items ADD CONSTRAINT items_pkey PRIMARY KEY (item_id);

ALTER TABLE kindred.models ADD CONSTRAINT models_pkey PRIMARY KEY (id);

ALTER TABLE kindred.models ADD CONSTRAINT models_run_id_fkey FOREIGN KEY (run_id) REFERENCES kindred.runs(id) ON DELETE SET NULL;

ALTER TABLE kindred.models ADD CONSTRAINT models_snapshot_id_fkey FOREIGN KEY (snapshot_id) REFERENCES kindred.snapshots(id);

ALTER TABLE kindred.models ADD CONSTRAINT models_status_check CHECK ((status = ANY (ARRAY['trained'::text, 'evaluated'::text, 'indexed'::text])));

ALTER TABLE kindred.promotions ADD CONSTRAINT promotions_model_id_fkey FOREIGN KEY (model_id) REFERENCES kindred.models(id);

ALTER TABLE kindred.promotions ADD CONSTRAINT promotions_pkey PRIMARY KEY (id);

ALTER TABLE kindred.promotions ADD CONSTRAINT promotions_previous_model_id_fkey FOREIGN KEY (previous_model_id) REFERENCES kindred.models(id);

ALTER TABLE kindred.promotions ADD CONSTRAINT promotions_previous_promotion_id_fkey FOREIGN KEY (previous_promotion_id) REFERENCES kindred.promotions(id);

ALTER TABLE kindred.run_events ADD CONSTRAINT run_events_pkey PRIMARY KEY (run_id, seq);

ALTER TABLE kindred.run_events ADD CONSTRAINT run_events_run_id_fkey FOREIGN KEY (run_id) REFERENCES kindred.runs(id) ON DELETE CASCADE;

ALTER TABLE kindred.runs ADD CONSTRAINT runs_executor_check CHECK ((executor = ANY (ARRAY['queue'::text, 'process'::text])));

ALTER TABLE kindred.runs ADD CONSTRAINT runs_finished_when_over CHECK (((status = ANY (ARRAY['queued'::text, 'running'::text])) = (finished_at IS NULL)));

ALTER TABLE kindred.runs ADD CONSTRAINT runs_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES kindred.runs(id) ON DELETE CASCADE;

ALTER TABLE kindred.runs ADD CONSTRAINT runs_pkey PRIMARY KEY (id);

ALTER TABLE kindred.runs ADD CONSTRAINT runs_stages_check CHECK ((cardinality(stages) > 0));

ALTER TABLE kindred.runs ADD CONSTRAINT runs_status_check CHECK ((status = ANY (ARRAY['queued'::text, 'running'::text, 'done'::text, 'failed'::text, 'refused'::text, 'cancelled'::text])));

ALTER TABLE kindred.snapshots ADD CONSTRAINT snapshots_pkey PRIMARY KEY (id);

ALTER TABLE kindred.snapshots ADD CONSTRAINT snapshots_run_id_fkey FOREIGN KEY (run_id) REFERENCES kindred.runs(id) ON DELETE SET NULL;

CREATE INDEX dead_letters_of_ingest ON kindred.dead_letters USING btree (ingest_id, id);

CREATE INDEX events_newest_of_user ON kindred.events USING btree (user_id, "time" DESC NULLS LAST);

CREATE INDEX models_newest ON kindred.models USING btree (created_at DESC, id DESC);

CREATE INDEX models_of_run ON kindred.models USING btree (run_id);

CREATE INDEX runs_newest ON kindred.runs USING btree (created_at DESC, id DESC);

CREATE INDEX runs_of_parent ON kindred.runs USING btree (parent_id, created_at, id) WHERE (parent_id IS NOT NULL);

CREATE OR REPLACE FUNCTION kindred.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  RAISE EXCEPTION 'kindred.% is append-only', TG_TABLE_NAME;
END
$function$;

CREATE TRIGGER promotions_append_only BEFORE DELETE OR UPDATE ON kindred.promotions FOR EACH ROW EXECUTE FUNCTION kindred.refuse_change();

COMMENT ON COLUMN kindred.dead_letters.raw IS 'the line as it was, byte by byte: it may hold NUL or bad UTF-8';

COMMENT ON COLUMN kindred.events.id IS 'idempotency key: the event''s own id, or a hash of its content';

COMMENT ON COLUMN kindred.events."time" IS 'null only in logs without a time axis; such an event counts as older than any other';

COMMENT ON COLUMN kindred.events.source IS 'api, or ingest:<id>';

COMMENT ON TABLE kindred.ingests IS 'one row for each file or stream that was read';

COMMENT ON TABLE kindred.promotions IS 'append-only; the newest row names the model that serves';

COMMENT ON COLUMN kindred.promotions.previous_promotion_id IS 'the promotion that a rollback goes back to: rollbacks walk down, they never swing to and fro';

COMMENT ON TABLE kindred.run_events IS 'the log of a run, as it is also sent to those who watch it';

COMMENT ON COLUMN kindred.runs.results IS 'what each finished stage handed on, by stage';

COMMENT ON COLUMN kindred.runs.last_event_seq IS 'raised by each append, which thereby are in line: who has read up to a number has missed none below it';

COMMENT ON COLUMN kindred.runs.executor IS 'who does the stages: the workers of the queue, or the process that made the run and holds its claim (an advisory lock) until it is over';

COMMENT ON COLUMN kindred.runs.parent_id IS 'the run whose search this one is a trial of';

COMMENT ON COLUMN kindred.snapshots.id IS 'hash of the content and of the settings that made it';
