DROP INDEX attempt_provider_sid;
ALTER TABLE attempt DROP COLUMN provider_sid;
DROP INDEX session_provider_sid;
ALTER TABLE session DROP COLUMN provider_sid;
