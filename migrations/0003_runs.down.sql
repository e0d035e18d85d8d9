DROP TABLE kindred.run_events;
DROP TABLE kindred.runs;
