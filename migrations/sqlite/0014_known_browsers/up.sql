-- Browsers in which somebody signed in to an account and finished: their tries are counted apart from strangers'.
-- A browser stands here by a keyed hash of its own for each account.
CREATE TABLE known_browser (
  account_id BLOB NOT NULL REFERENCES account(id) ON DELETE CASCADE,
  browser BLOB NOT NULL,
  seen_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, browser)
) WITHOUT ROWID;
CREATE INDEX known_browser_seen ON known_browser (seen_at);
