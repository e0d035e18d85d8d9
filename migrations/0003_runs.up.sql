CREATE TABLE kindred.runs (
  id text COLLATE "C" PRIMARY KEY,
  stages text[] NOT NULL CHECK (cardinality(stages) > 0),
  settings jsonb NOT NULL DEFAULT '{}',
  status text NOT NULL DEFAULT 'queued'
    CHECK (status IN ('queued', 'running', 'done', 'failed', 'refused', 'cancelled')),
  current_stage text,
  results jsonb NOT NULL DEFAULT '{}',
  error jsonb,
  last_event_seq bigint NOT NULL DEFAULT 0,
  cancel_requested_at timestamptz,
  heartbeat_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  started_at timestamptz,
  finished_at timestamptz,
  CONSTRAINT runs_finished_when_over CHECK ((status IN ('queued', 'running')) = (finished_at IS NULL))
);
COMMENT ON COLUMN kindred.runs.results IS 'what each finished stage handed on, by stage';
COMMENT ON COLUMN kindred.runs.last_event_seq IS 'raised by each append, which thereby are in line: who has read up to a number has missed none below it';

CREATE INDEX runs_newest ON kindred.runs (created_at DESC, id DESC);

CREATE TABLE kindred.run_events (
  run_id text COLLATE "C" NOT NULL REFERENCES kindred.runs ON DELETE CASCADE,
  seq bigint NOT NULL,
  time timestamptz NOT NULL DEFAULT clock_timestamp(),
  stage text,
  kind text NOT NULL,
  message text NOT NULL,
  data jsonb,
  PRIMARY KEY (run_id, seq)
);
COMMENT ON TABLE kindred.run_events IS 'the log of a run, as it is also sent to those who watch it';
