-- A telephone number is proved by one account at most.
CREATE UNIQUE INDEX account_attribute_phone ON account_attribute (organisation_id, folded) WHERE name = 'phone' AND source = 'code';
