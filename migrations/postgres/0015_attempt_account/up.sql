-- Every account that an attempt concerns, in every role: what ends an account's attempts finds them here.
CREATE TABLE attempt_account (
  attempt BYTEA NOT NULL REFERENCES attempt(hash) ON DELETE CASCADE,
  account_id BYTEA NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  role TEXT NOT NULL,
  -- The canonical address or number of it that a code goes to.
  address TEXT COLLATE "C",
  PRIMARY KEY (attempt, account_id, role)
);
CREATE INDEX attempt_account_of ON attempt_account (account_id);
-- The identity that arrived, as a keyed hash.
ALTER TABLE attempt ADD COLUMN identity BYTEA;
CREATE INDEX attempt_identity ON attempt (identity);
-- What was open knows nothing of its accounts: it is over.
UPDATE attempt SET expires_at = created_at, assertion = NULL, rev = rev + 1;
-- Another subject of an issuer that has a link on the account came with the account's address (I13): by a keyed hash of
-- that identity. While it is contested the mailbox proves nothing for the account.
ALTER TABLE account_email ADD COLUMN contested_by BYTEA;
ALTER TABLE account_email ADD COLUMN contested BOOLEAN NOT NULL DEFAULT FALSE;
