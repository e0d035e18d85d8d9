DROP TABLE kindred.items;
DROP TABLE kindred.events;
