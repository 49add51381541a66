-- Who did it, where that is somebody else than the account that it is about.
ALTER TABLE audit_event ADD COLUMN actor_id BYTEA;
-- To what it was done: `account`, `provider`, `application`, `policy` and so on, and its name among those of its kind.
ALTER TABLE audit_event ADD COLUMN target_kind TEXT NOT NULL DEFAULT '';
ALTER TABLE audit_event ADD COLUMN target TEXT NOT NULL DEFAULT '';
-- In or for which application: its client id.
ALTER TABLE audit_event ADD COLUMN application TEXT NOT NULL DEFAULT '';
-- The /24 or /48 network that it came from, for thirty days.
ALTER TABLE audit_event ADD COLUMN network TEXT NOT NULL DEFAULT '';
-- `done`, `refused`, `given_up` or `noticed`.
ALTER TABLE audit_event ADD COLUMN outcome TEXT NOT NULL DEFAULT 'done';
-- Hashed with what is personal in the row, so that nobody finds it again by trying once it is gone.
ALTER TABLE audit_event ADD COLUMN salt BYTEA;
-- What stands for the personal part after it was erased: its digest, and the proof that the server erased it.
ALTER TABLE audit_event ADD COLUMN withheld BYTEA;
UPDATE audit_event SET outcome = 'refused' WHERE kind IN ('account.not_merged', 'application.denied', 'attempt.refused', 'email.refused', 'password.not_reset', 'session.not_confirmed', 'signin.refused');
-- A sign-in that went well is in none of these: its person acted on their own account, and nothing was refused.
CREATE INDEX audit_actor ON audit_event (actor_id, at) WHERE actor_id IS NOT NULL;
CREATE INDEX audit_refused ON audit_event (organisation_id, at) WHERE outcome = 'refused';
CREATE INDEX audit_target ON audit_event (organisation_id, target, at) WHERE target <> '';
