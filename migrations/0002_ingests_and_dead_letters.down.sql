DROP TABLE kindred.dead_letters;
DROP TABLE kindred.ingests;
