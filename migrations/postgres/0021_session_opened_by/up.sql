-- What opened a session stands with the session: a table of its own held it once more for each, and kept it for ever.
ALTER TABLE session ADD COLUMN opened_by TEXT NOT NULL DEFAULT 'sign_in';
UPDATE session SET opened_by = COALESCE((SELECT kind FROM auth_event WHERE auth_event.session_id = session.public_id ORDER BY at LIMIT 1), 'sign_in');
DROP TABLE auth_event;
-- Most events have no support code.
DROP INDEX audit_support;
CREATE INDEX audit_support ON audit_event (support_code) WHERE support_code <> '';
