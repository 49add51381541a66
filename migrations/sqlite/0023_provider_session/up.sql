-- The provider's own name of the session in which somebody signed in there, as a keyed hash: when the provider says that it
-- ended, what began in it ends here.
ALTER TABLE session ADD COLUMN provider_sid BLOB;
CREATE INDEX session_provider_sid ON session (provider_sid) WHERE provider_sid IS NOT NULL;
ALTER TABLE attempt ADD COLUMN provider_sid BLOB;
CREATE INDEX attempt_provider_sid ON attempt (provider_sid) WHERE provider_sid IS NOT NULL;
