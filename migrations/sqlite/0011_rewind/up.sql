-- What changed an account: the journal that an undo is computed from. What it removed is kept sealed, so that it can
-- come back.
CREATE TABLE account_change (
  account_id BLOB NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  rev BIGINT NOT NULL,
  at BIGINT NOT NULL,
  kind TEXT NOT NULL,
  done_by TEXT NOT NULL,
  body TEXT NOT NULL,
  kept BLOB NOT NULL,
  rewound BOOLEAN NOT NULL DEFAULT FALSE,
  PRIMARY KEY (account_id, rev)
);
CREATE INDEX account_change_at ON account_change (at);
-- The links of notices, each for one recipient; those of the old kind took back single changes.
DROP TABLE undo;
CREATE TABLE undo_link (
  hash BLOB PRIMARY KEY NOT NULL,
  organisation_id BLOB NOT NULL REFERENCES organisation(id),
  account_id BLOB NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  rev BIGINT NOT NULL,
  sent_to TEXT NOT NULL,
  shown TEXT NOT NULL DEFAULT '',
  expires_at BIGINT NOT NULL
);
CREATE INDEX undo_link_account ON undo_link (account_id);
CREATE INDEX undo_link_expires ON undo_link (expires_at);
-- A rewind that a link began and that waits for a credential from before, or for its time.
CREATE TABLE account_rewind (
  account_id BLOB PRIMARY KEY NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  organisation_id BLOB NOT NULL REFERENCES organisation(id),
  first BIGINT NOT NULL,
  last BIGINT NOT NULL,
  due_at BIGINT NOT NULL
);
CREATE INDEX account_rewind_due ON account_rewind (due_at);
