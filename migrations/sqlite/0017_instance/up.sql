-- Which database this is, and when it last was a restored copy or a promoted standby. One row.
CREATE TABLE instance (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  place TEXT NOT NULL DEFAULT '',
  timeline TEXT NOT NULL DEFAULT '',
  recovered_at BIGINT,
  lost_since BIGINT
);
INSERT INTO instance (id) VALUES (1);
