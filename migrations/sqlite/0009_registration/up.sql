-- What lets a program register applications (RFC 7591 §3), as hashes; used up or over, it lets nobody.
CREATE TABLE registration_token (
  hash BLOB PRIMARY KEY NOT NULL,
  organisation_id BLOB NOT NULL REFERENCES organisation(id) ON DELETE CASCADE,
  label TEXT NOT NULL,
  uses_left INTEGER NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX registration_token_organisation ON registration_token (organisation_id);
