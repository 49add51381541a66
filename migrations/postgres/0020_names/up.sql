-- What the rest of the product calls them.
ALTER TABLE spent_state RENAME TO consumed_state;
ALTER INDEX spent_state_old RENAME TO consumed_state_old;
ALTER TABLE organisation RENAME COLUMN settings_stamp TO config_version;
