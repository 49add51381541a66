-- Whoever ends a session, also by a cascade: what applications have to hear of is written down here.
CREATE TRIGGER session_ended AFTER DELETE ON session WHEN OLD.sid <> '' BEGIN
  INSERT OR IGNORE INTO ended_session (sid) SELECT OLD.sid WHERE EXISTS (SELECT 1 FROM application_login WHERE sid = OLD.sid);
END;
