-- What the rest of the product calls them.
ALTER TABLE spent_state RENAME TO consumed_state;
DROP INDEX spent_state_old;
CREATE INDEX consumed_state_old ON consumed_state (until);
ALTER TABLE organisation RENAME COLUMN settings_stamp TO config_version;
