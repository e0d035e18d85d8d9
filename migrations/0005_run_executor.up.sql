ALTER TABLE kindred.runs
  ADD COLUMN executor text NOT NULL DEFAULT 'queue' CHECK (executor IN ('queue', 'process'));
COMMENT ON COLUMN kindred.runs.executor IS 'who does the stages: the workers of the queue, or the process that made the run and holds its claim (an advisory lock) until it is over';
