-- Profile fields with the source of each; match rules look here by the folded value.
CREATE TABLE account_attribute (
  account_id BLOB NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  organisation_id BLOB NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  folded TEXT NOT NULL,
  source TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, name)
);
CREATE INDEX account_attribute_find ON account_attribute (organisation_id, name, folded);
CREATE UNIQUE INDEX account_attribute_username ON account_attribute (organisation_id, folded) WHERE name = 'username';
-- Addresses at providers that a person said to ignore, as keyed hashes (GO-49).
CREATE TABLE ignored_email (
  account_id BLOB NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  hash TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, hash)
);
-- What a draft of the policy would do to the accounts that exist.
CREATE TABLE dry_run (
  id BLOB PRIMARY KEY NOT NULL,
  organisation_id BLOB NOT NULL,
  version BIGINT NOT NULL,
  state TEXT NOT NULL,
  done BIGINT NOT NULL,
  total BIGINT NOT NULL,
  counts TEXT NOT NULL,
  started_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  started_by TEXT NOT NULL
);
CREATE INDEX dry_run_list ON dry_run (organisation_id, started_at);
CREATE TABLE dry_run_case (
  run_id BLOB NOT NULL REFERENCES dry_run(id) ON DELETE CASCADE,
  place BIGINT NOT NULL,
  bucket TEXT NOT NULL,
  account_id BLOB NOT NULL,
  provider TEXT NOT NULL,
  reasons TEXT NOT NULL,
  PRIMARY KEY (run_id, place)
);
