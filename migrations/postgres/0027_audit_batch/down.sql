DROP TABLE audit_batch;
