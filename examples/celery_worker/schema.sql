CREATE TABLE IF NOT EXISTS payouts (
    id bigserial PRIMARY KEY,
    tenant text NOT NULL,
    account text NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0)
);
