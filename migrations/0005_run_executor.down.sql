ALTER TABLE kindred.runs DROP COLUMN executor;
