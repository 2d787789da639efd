CREATE SCHEMA IF NOT EXISTS aml;
CREATE TABLE cases (id bigserial PRIMARY KEY, customer text NOT NULL, subject text NOT NULL, opened timestamptz NOT NULL DEFAULT now());
CREATE TABLE payments (id bigserial PRIMARY KEY, case_id bigint NOT NULL REFERENCES cases, cents bigint NOT NULL CHECK (cents > 0));
