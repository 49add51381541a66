-- The audit trail's seals: a row for each run of events, each over the one before it. The rows of a batch are those whose
-- id is behind the last one of the batch before and not behind its own; a batch outlives them.
CREATE TABLE audit_batch (
  number BIGINT PRIMARY KEY NOT NULL,
  last_id BYTEA NOT NULL,
  last_at BIGINT NOT NULL,
  sealed_at BIGINT NOT NULL,
  events BIGINT NOT NULL,
  -- Over what of its events stays.
  content BYTEA NOT NULL,
  -- Over the networks of its events, with a salt that goes when they go.
  networks BYTEA NOT NULL,
  network_salt BYTEA,
  previous BYTEA NOT NULL,
  -- Over all of the above but the salt; by a key that is not in the database.
  seal BYTEA NOT NULL,
  -- When its events were removed because they were old enough, and the server's seal over that.
  removed_at BIGINT,
  removed_seal BYTEA
);
