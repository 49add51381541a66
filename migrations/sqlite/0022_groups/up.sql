-- Groups of an organisation. Applications and settings know a group by its key, which never changes; the name is for people.
CREATE TABLE account_group (
  id BLOB PRIMARY KEY NOT NULL,
  organisation_id BLOB NOT NULL REFERENCES organisation(id),
  key TEXT NOT NULL,
  folded TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX account_group_key ON account_group (organisation_id, folded);
-- Who is in a group, and by whose word: an administrator's where there is no link, otherwise that of the provider of the link.
CREATE TABLE membership (
  id BLOB PRIMARY KEY NOT NULL,
  account_id BLOB NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  group_id BLOB NOT NULL REFERENCES account_group(id) ON DELETE CASCADE,
  link_id BLOB REFERENCES link(id) ON DELETE CASCADE,
  since BIGINT NOT NULL
);
CREATE UNIQUE INDEX membership_local ON membership (account_id, group_id) WHERE link_id IS NULL;
CREATE UNIQUE INDEX membership_told ON membership (link_id, group_id) WHERE link_id IS NOT NULL;
CREATE INDEX membership_account ON membership (account_id);
CREATE INDEX membership_group ON membership (group_id, account_id);
-- Which value of a provider's groups attribute gives which group, in an organisation that uses the provider.
CREATE TABLE group_mapping (
  organisation_id BLOB NOT NULL REFERENCES organisation(id),
  provider_id BLOB NOT NULL REFERENCES provider(id) ON DELETE CASCADE,
  value TEXT NOT NULL,
  prefix BOOLEAN NOT NULL,
  group_id BLOB NOT NULL REFERENCES account_group(id) ON DELETE CASCADE,
  PRIMARY KEY (organisation_id, provider_id, value, prefix, group_id)
);
CREATE INDEX group_mapping_group ON group_mapping (group_id);
CREATE INDEX group_mapping_provider ON group_mapping (provider_id);
