DROP TABLE group_mapping;
DROP TABLE membership;
DROP TABLE account_group;
