-- Whoever ends a session, also by a cascade: what applications have to hear of is written down here.
CREATE FUNCTION session_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO ended_session (sid) SELECT OLD.sid WHERE EXISTS (SELECT 1 FROM application_login WHERE sid = OLD.sid) ON CONFLICT DO NOTHING;
  RETURN OLD;
END $$;
CREATE TRIGGER session_ended AFTER DELETE ON session FOR EACH ROW WHEN (OLD.sid <> '') EXECUTE FUNCTION session_ended();
