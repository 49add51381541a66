-- A random number that every change of a policy or a provider replaces: as long as it is the same, so are they.
ALTER TABLE organisation ADD COLUMN settings_stamp BIGINT NOT NULL DEFAULT 0;
