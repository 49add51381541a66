-- When a sign-in asked this person for the first time to set up a second factor: the time that the policy gives runs from here.
ALTER TABLE account ADD COLUMN factor_asked_at BIGINT;
