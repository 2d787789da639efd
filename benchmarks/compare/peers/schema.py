"""The bank's tables."""

SCHEMA = """
CREATE TABLE account (id text PRIMARY KEY, balance bigint NOT NULL);
INSERT INTO account VALUES ('alice', 1000000), ('shop', 0);
CREATE TABLE ledger (id bigint GENERATED ALWAYS AS IDENTITY, tenant text, reference text, amount bigint);
"""
