ALTER TABLE organisation RENAME COLUMN config_version TO settings_stamp;
ALTER INDEX consumed_state_old RENAME TO spent_state_old;
ALTER TABLE consumed_state RENAME TO spent_state;
