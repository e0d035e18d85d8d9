CREATE TABLE kindred.snapshots (
  id text COLLATE "C" PRIMARY KEY,
  run_id text COLLATE "C" REFERENCES kindred.runs ON DELETE SET NULL,
  path text NOT NULL,
  manifest jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN kindred.snapshots.id IS 'hash of the content and of the settings that made it';

CREATE TABLE kindred.models (
  id text COLLATE "C" PRIMARY KEY,
  snapshot_id text COLLATE "C" NOT NULL REFERENCES kindred.snapshots,
  run_id text COLLATE "C" REFERENCES kindred.runs ON DELETE SET NULL,
  method text NOT NULL,
  status text NOT NULL DEFAULT 'trained' CHECK (status IN ('trained', 'evaluated', 'indexed')),
  path text NOT NULL,
  metrics jsonb,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX models_newest ON kindred.models (created_at DESC, id DESC);
CREATE INDEX models_of_run ON kindred.models (run_id);

CREATE TABLE kindred.promotions (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  model_id text COLLATE "C" NOT NULL REFERENCES kindred.models,
  reason text NOT NULL,
  previous_model_id text COLLATE "C" REFERENCES kindred.models,
  previous_promotion_id bigint REFERENCES kindred.promotions,
  promoted_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE kindred.promotions IS 'append-only; the newest row names the model that serves';
COMMENT ON COLUMN kindred.promotions.previous_promotion_id IS 'the promotion that a rollback goes back to: rollbacks walk down, they never swing to and fro';

CREATE FUNCTION kindred.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'kindred.% is append-only', TG_TABLE_NAME;
END
$$;

CREATE TRIGGER promotions_append_only BEFORE UPDATE OR DELETE ON kindred.promotions
  FOR EACH ROW EXECUTE FUNCTION kindred.refuse_change();
