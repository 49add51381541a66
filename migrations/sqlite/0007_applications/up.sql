-- When a key came into its state.
ALTER TABLE data_key ADD COLUMN changed_at BIGINT NOT NULL DEFAULT 0;
UPDATE data_key SET changed_at = created_at;
-- What an application asked for and how it is treated, as a document.
ALTER TABLE application ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';
-- Secrets of an application, as hashes; an old one counts until it is over.
CREATE TABLE application_secret (
  hash TEXT NOT NULL,
  application_id BLOB NOT NULL REFERENCES application(id) ON DELETE CASCADE,
  created_at BIGINT NOT NULL,
  expires_at BIGINT,
  PRIMARY KEY (application_id, hash)
);
INSERT INTO application_secret (hash, application_id, created_at) SELECT secret_hash, id, created_at FROM application WHERE secret_hash <> '' ON CONFLICT DO NOTHING;
-- The name that applications know a session by: it stays when the session goes on under a new id.
ALTER TABLE session ADD COLUMN sid TEXT NOT NULL DEFAULT '';
CREATE INDEX session_sid ON session (sid);
ALTER TABLE auth_code ADD COLUMN sid TEXT NOT NULL DEFAULT '';
-- Access and refresh tokens; a family is what came of one code.
CREATE TABLE token (
  hash BLOB PRIMARY KEY NOT NULL,
  family BLOB NOT NULL,
  kind TEXT NOT NULL,
  organisation_id BLOB NOT NULL,
  application_id BLOB NOT NULL REFERENCES application(id) ON DELETE CASCADE,
  account_id BLOB REFERENCES account(id) ON DELETE CASCADE,
  sid TEXT NOT NULL,
  scope TEXT NOT NULL,
  standing TEXT NOT NULL,
  used BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX token_family ON token (family);
CREATE INDEX token_account ON token (account_id);
CREATE INDEX token_old ON token (expires_at);
-- What a person allowed an application.
CREATE TABLE consent (
  account_id BLOB NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  application_id BLOB NOT NULL REFERENCES application(id) ON DELETE CASCADE,
  scope TEXT NOT NULL,
  granted_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, application_id)
);
-- Requests that were pushed before the browser came (RFC 9126).
CREATE TABLE pushed_request (
  hash BLOB PRIMARY KEY NOT NULL,
  application_id BLOB NOT NULL REFERENCES application(id) ON DELETE CASCADE,
  parameters TEXT NOT NULL,
  expires_at BIGINT NOT NULL
);
-- Devices that wait for a person elsewhere (RFC 8628).
CREATE TABLE device (
  hash BLOB PRIMARY KEY NOT NULL,
  user_code BLOB NOT NULL,
  application_id BLOB NOT NULL REFERENCES application(id) ON DELETE CASCADE,
  scope TEXT NOT NULL,
  state TEXT NOT NULL,
  account_id BLOB REFERENCES account(id) ON DELETE CASCADE,
  sid TEXT NOT NULL DEFAULT '',
  standing TEXT NOT NULL DEFAULT '',
  asked_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX device_user_code ON device (user_code);
-- Applications that a session reached, and sessions that ended since: whoever ends one, the applications hear of it.
CREATE TABLE application_login (
  sid TEXT NOT NULL,
  application_id BLOB NOT NULL REFERENCES application(id) ON DELETE CASCADE,
  account_id BLOB NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (sid, application_id)
);
CREATE TABLE ended_session (
  sid TEXT PRIMARY KEY NOT NULL,
  tries INTEGER NOT NULL DEFAULT 0,
  next_at BIGINT NOT NULL DEFAULT 0
);
