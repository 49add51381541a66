-- Where an organisation's people sign in; the home organisation's is empty: its address stands in the configuration.
ALTER TABLE organisation ADD COLUMN address TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX organisation_address ON organisation (address) WHERE address <> '';
-- Colour and logo, as a document.
ALTER TABLE organisation ADD COLUMN brand TEXT NOT NULL DEFAULT '{}';
-- A client id is unique in its organisation.
DROP INDEX application_client;
CREATE UNIQUE INDEX application_client ON application (organisation_id, client_id);
-- The home organisation may offer a provider to the others; each says for itself whether it takes it.
ALTER TABLE provider ADD COLUMN shared BOOLEAN NOT NULL DEFAULT FALSE;
CREATE TABLE provider_choice (
  organisation_id BLOB NOT NULL REFERENCES organisation(id) ON DELETE CASCADE,
  provider_id BLOB NOT NULL REFERENCES provider(id) ON DELETE CASCADE,
  enabled BOOLEAN NOT NULL,
  PRIMARY KEY (organisation_id, provider_id)
);
-- Each organisation has its first owner.
DELETE FROM setup_token;
ALTER TABLE setup_token ADD COLUMN organisation_id BLOB NOT NULL DEFAULT '';
-- Pictures that administrators uploaded, drawn anew by us; found by the digest of what we drew.
CREATE TABLE image (
  organisation_id BLOB NOT NULL REFERENCES organisation(id) ON DELETE CASCADE,
  hash TEXT NOT NULL,
  png BLOB NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (organisation_id, hash)
);
