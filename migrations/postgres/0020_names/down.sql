ALTER TABLE organisation RENAME COLUMN config_version TO settings_stamp;
DROP INDEX consumed_state_old;
ALTER TABLE consumed_state RENAME TO spent_state;
CREATE INDEX spent_state_old ON spent_state (until);
