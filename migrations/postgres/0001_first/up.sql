-- Times are microseconds since 1970-01-01 UTC. Identifiers are 16 bytes (UUIDv7); what is shown outside is random and stored hashed.
CREATE TABLE organisation (
  id BYTEA PRIMARY KEY NOT NULL,
  slug TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  active BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE TABLE application (
  id BYTEA PRIMARY KEY NOT NULL,
  organisation_id BYTEA NOT NULL REFERENCES organisation(id),
  client_id TEXT NOT NULL,
  name TEXT NOT NULL,
  secret_hash TEXT NOT NULL,
  redirect_uris TEXT NOT NULL,
  active BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX application_client ON application (client_id);
CREATE TABLE provider (
  id BYTEA PRIMARY KEY NOT NULL,
  organisation_id BYTEA NOT NULL REFERENCES organisation(id),
  key TEXT NOT NULL,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  namespace TEXT COLLATE "C" NOT NULL,
  config TEXT NOT NULL,
  secret BYTEA,
  secret_set_at BIGINT,
  enabled BOOLEAN NOT NULL,
  position INTEGER NOT NULL,
  rev BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX provider_key ON provider (organisation_id, key);
CREATE TABLE account (
  id BYTEA PRIMARY KEY NOT NULL,
  organisation_id BYTEA NOT NULL REFERENCES organisation(id),
  state TEXT NOT NULL,
  rev BIGINT NOT NULL,
  name TEXT NOT NULL,
  locale TEXT NOT NULL,
  profile TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX account_list ON account (organisation_id, created_at);
CREATE TABLE account_subject (
  sub TEXT PRIMARY KEY NOT NULL,
  organisation_id BYTEA NOT NULL,
  account_id BYTEA NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  sector TEXT NOT NULL
);
CREATE UNIQUE INDEX account_subject_of ON account_subject (account_id, sector);
CREATE TABLE account_email (
  id BYTEA PRIMARY KEY NOT NULL,
  organisation_id BYTEA NOT NULL,
  account_id BYTEA NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  canonical TEXT COLLATE "C" NOT NULL,
  typed TEXT NOT NULL,
  proof TEXT NOT NULL,
  owner BOOLEAN NOT NULL,
  is_primary BOOLEAN NOT NULL,
  former_until BIGINT,
  created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX account_email_owner ON account_email (organisation_id, canonical) WHERE owner;
CREATE INDEX account_email_find ON account_email (organisation_id, canonical);
CREATE INDEX account_email_of ON account_email (account_id);
CREATE TABLE link (
  id BYTEA PRIMARY KEY NOT NULL,
  organisation_id BYTEA NOT NULL,
  account_id BYTEA NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  provider_id BYTEA NOT NULL REFERENCES provider(id),
  namespace TEXT COLLATE "C" NOT NULL,
  subject TEXT COLLATE "C" NOT NULL,
  claims BYTEA NOT NULL,
  evidence TEXT NOT NULL,
  label TEXT NOT NULL,
  active BOOLEAN NOT NULL,
  barred BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  used_at BIGINT NOT NULL,
  released_at BIGINT
);
CREATE UNIQUE INDEX link_identity ON link (organisation_id, namespace, subject) WHERE active;
CREATE INDEX link_of ON link (account_id);
CREATE TABLE credential (
  id BYTEA PRIMARY KEY NOT NULL,
  organisation_id BYTEA NOT NULL,
  account_id BYTEA NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  secret TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX credential_one ON credential (account_id, kind);
CREATE TABLE role (
  organisation_id BYTEA NOT NULL,
  account_id BYTEA NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (organisation_id, account_id, name)
);
CREATE TABLE session (
  hash BYTEA PRIMARY KEY NOT NULL,
  organisation_id BYTEA NOT NULL,
  account_id BYTEA NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  public_id TEXT NOT NULL UNIQUE,
  method TEXT NOT NULL,
  link_id BYTEA,
  provider_id BYTEA,
  auth_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  agent TEXT NOT NULL,
  network TEXT NOT NULL
);
CREATE INDEX session_of ON session (account_id);
CREATE INDEX session_old ON session (expires_at);
CREATE TABLE auth_event (
  id BYTEA PRIMARY KEY NOT NULL,
  session_id TEXT NOT NULL,
  account_id BYTEA NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  method TEXT NOT NULL,
  link_id BYTEA,
  at BIGINT NOT NULL
);
CREATE INDEX auth_event_of ON auth_event (session_id);
CREATE INDEX auth_event_account ON auth_event (account_id);
CREATE TABLE attempt (
  hash BYTEA PRIMARY KEY NOT NULL,
  organisation_id BYTEA NOT NULL,
  browser BYTEA NOT NULL,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  rev BIGINT NOT NULL,
  assertion BYTEA,
  continuation TEXT NOT NULL,
  support_code TEXT NOT NULL,
  flash TEXT NOT NULL,
  tries_left INTEGER NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX attempt_old ON attempt (expires_at);
CREATE TABLE challenge (
  id BYTEA PRIMARY KEY NOT NULL,
  attempt BYTEA NOT NULL,
  kind TEXT NOT NULL,
  account_id BYTEA,
  mac BYTEA NOT NULL,
  sent_to TEXT NOT NULL,
  state TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX challenge_of ON challenge (attempt);
CREATE INDEX challenge_old ON challenge (expires_at);
CREATE TABLE spent_state (
  hash BYTEA PRIMARY KEY NOT NULL,
  until BIGINT NOT NULL
);
CREATE INDEX spent_state_old ON spent_state (until);
CREATE TABLE counter (
  subject BYTEA NOT NULL,
  until BIGINT NOT NULL,
  n BIGINT NOT NULL,
  PRIMARY KEY (subject)
);
CREATE TABLE policy (
  organisation_id BYTEA NOT NULL,
  scope TEXT NOT NULL,
  version BIGINT NOT NULL,
  document TEXT NOT NULL,
  state TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  PRIMARY KEY (organisation_id, scope, version)
);
CREATE UNIQUE INDEX policy_active ON policy (organisation_id, scope) WHERE state = 'active';
CREATE UNIQUE INDEX policy_version ON policy (organisation_id, version);
CREATE TABLE audit_event (
  id BYTEA PRIMARY KEY NOT NULL,
  organisation_id BYTEA NOT NULL,
  at BIGINT NOT NULL,
  kind TEXT NOT NULL,
  account_id BYTEA,
  actor TEXT NOT NULL,
  provider TEXT NOT NULL,
  subject_hash TEXT NOT NULL,
  code TEXT NOT NULL,
  support_code TEXT NOT NULL,
  detail TEXT NOT NULL
);
CREATE INDEX audit_list ON audit_event (organisation_id, at);
CREATE INDEX audit_account ON audit_event (account_id, at);
CREATE INDEX audit_support ON audit_event (support_code);
CREATE TABLE outbox (
  id BYTEA PRIMARY KEY NOT NULL,
  organisation_id BYTEA NOT NULL,
  kind TEXT NOT NULL,
  payload BYTEA,
  state TEXT NOT NULL,
  tries INTEGER NOT NULL,
  next_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  last_error TEXT NOT NULL
);
CREATE INDEX outbox_due ON outbox (state, next_at);
CREATE TABLE data_key (
  id BYTEA PRIMARY KEY NOT NULL,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  wrapped BYTEA NOT NULL,
  public TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX data_key_active ON data_key (kind) WHERE state = 'active';
CREATE TABLE setup_token (
  hash BYTEA PRIMARY KEY NOT NULL,
  expires_at BIGINT NOT NULL,
  used BOOLEAN NOT NULL
);
CREATE TABLE flash (
  hash BYTEA PRIMARY KEY NOT NULL,
  browser BYTEA NOT NULL,
  body TEXT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX flash_old ON flash (expires_at);
CREATE TABLE auth_code (
  hash BYTEA PRIMARY KEY NOT NULL,
  organisation_id BYTEA NOT NULL,
  application_id BYTEA NOT NULL REFERENCES application(id),
  account_id BYTEA NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  session_id TEXT NOT NULL,
  request TEXT NOT NULL,
  auth_at BIGINT NOT NULL,
  used BOOLEAN NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX auth_code_old ON auth_code (expires_at);
CREATE TABLE access_token (
  hash BYTEA PRIMARY KEY NOT NULL,
  code BYTEA NOT NULL,
  organisation_id BYTEA NOT NULL,
  application_id BYTEA NOT NULL REFERENCES application(id),
  account_id BYTEA NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  scope TEXT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX access_token_code ON access_token (code);
CREATE INDEX access_token_old ON access_token (expires_at);
