-- What a notice's link takes back; the link's secret is kept as its hash only.
CREATE TABLE undo (
  hash BYTEA PRIMARY KEY NOT NULL,
  organisation_id BYTEA NOT NULL REFERENCES organisation(id),
  account_id BYTEA NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  what TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX undo_account ON undo (account_id);
CREATE INDEX undo_expires ON undo (expires_at);
-- When an account that its owner deletes is really gone.
ALTER TABLE account ADD COLUMN closes_at BIGINT;
CREATE INDEX account_closes ON account (closes_at) WHERE closes_at IS NOT NULL;
