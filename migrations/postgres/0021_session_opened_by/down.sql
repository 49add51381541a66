DROP INDEX audit_support;
CREATE INDEX audit_support ON audit_event (support_code);
CREATE TABLE auth_event (
  id BYTEA PRIMARY KEY NOT NULL,
  session_id TEXT NOT NULL,
  account_id BYTEA NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  method TEXT NOT NULL,
  link_id BYTEA,
  at BIGINT NOT NULL,
  factor TEXT NOT NULL DEFAULT ''
);
CREATE INDEX auth_event_of ON auth_event (session_id);
CREATE INDEX auth_event_account ON auth_event (account_id);
INSERT INTO auth_event (id, session_id, account_id, kind, method, link_id, at, factor) SELECT hash, public_id, account_id, opened_by, method, link_id, created_at, factor FROM session;
ALTER TABLE session DROP COLUMN opened_by;
