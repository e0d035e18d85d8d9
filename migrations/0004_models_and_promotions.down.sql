DROP TABLE kindred.promotions;
DROP FUNCTION kindred.refuse_change();
DROP TABLE kindred.models;
DROP TABLE kindred.snapshots;
