ALTER TABLE kindred.runs
  ADD COLUMN parent_id text COLLATE "C" REFERENCES kindred.runs ON DELETE CASCADE;
COMMENT ON COLUMN kindred.runs.parent_id IS 'the run whose search this one is a trial of';

CREATE INDEX runs_of_parent ON kindred.runs (parent_id, created_at, id) WHERE parent_id IS NOT NULL;
