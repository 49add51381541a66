DROP TABLE dry_run_case;
DROP TABLE dry_run;
DROP TABLE ignored_email;
DROP TABLE account_attribute;
