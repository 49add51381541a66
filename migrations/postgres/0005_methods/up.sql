-- When an example of a dry run really happened; empty for those that are made up for an account.
ALTER TABLE dry_run_case ADD COLUMN recorded_at BIGINT;
