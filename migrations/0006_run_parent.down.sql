ALTER TABLE kindred.runs DROP COLUMN parent_id;
