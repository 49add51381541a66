-- When an example of a dry run really happened; empty for those that are made up for an account.
ALTER TABLE dry_run_case ADD COLUMN recorded_at BIGINT;
-- The time step of the one-time password that was used last: none of it or before it counts again.
ALTER TABLE credential ADD COLUMN used_step BIGINT NOT NULL DEFAULT 0;
-- Recovery codes, as keyed hashes; one that is used is removed.
CREATE TABLE recovery_code (
  hash BYTEA PRIMARY KEY NOT NULL,
  account_id BYTEA NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  created_at BIGINT NOT NULL
);
CREATE INDEX recovery_code_of ON recovery_code (account_id);
-- What a person accepted: an agreement with its version.
CREATE TABLE agreement (
  account_id BYTEA NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  what TEXT NOT NULL,
  accepted_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, what)
);
-- The second factor that a session was opened with: empty, totp, recovery or provider.
ALTER TABLE session ADD COLUMN factor TEXT NOT NULL DEFAULT '';
ALTER TABLE auth_event ADD COLUMN factor TEXT NOT NULL DEFAULT '';
-- What the application is told of the sign-in (RFC 8176).
ALTER TABLE auth_code ADD COLUMN method TEXT NOT NULL DEFAULT '';
ALTER TABLE auth_code ADD COLUMN factor TEXT NOT NULL DEFAULT '';
-- What the person calls an identity.
ALTER TABLE link ADD COLUMN nickname TEXT NOT NULL DEFAULT '';
-- Two accounts that became one: what moved, sealed, so that it can move back.
CREATE TABLE merge (
  id BYTEA PRIMARY KEY NOT NULL,
  organisation_id BYTEA NOT NULL REFERENCES organisation(id),
  account_id BYTEA NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  other_id BYTEA NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  moved TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX merge_other ON merge (other_id);
-- Passkeys: the public half, found by the credential's id.
CREATE TABLE passkey (
  id BYTEA PRIMARY KEY NOT NULL,
  organisation_id BYTEA NOT NULL REFERENCES organisation(id),
  account_id BYTEA NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  user_id BYTEA NOT NULL,
  name TEXT NOT NULL,
  data TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  used_at BIGINT
);
CREATE INDEX passkey_of ON passkey (account_id);
