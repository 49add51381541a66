-- An application's request while its person signs in: sealed, under the hash of what the browser's cookie holds, so that
-- cookies stay small whatever an application sends along. `network`, a keyed hash, is what they are counted by.
CREATE TABLE pending_authorization (
  hash BLOB PRIMARY KEY NOT NULL,
  organisation_id BLOB NOT NULL REFERENCES organisation(id),
  network BLOB NOT NULL,
  sealed TEXT NOT NULL,
  at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX pending_authorization_network ON pending_authorization (network, at);
CREATE INDEX pending_authorization_expires ON pending_authorization (expires_at);
-- The browser that a pushed request was opened in first: there a reload goes on with it.
ALTER TABLE pushed_request ADD COLUMN browser BLOB;
