ALTER TABLE pushed_request DROP COLUMN browser;
DROP TABLE pending_authorization;
