CREATE TABLE IF NOT EXISTS events (
    id bigserial PRIMARY KEY,
    provider text NOT NULL,
    event text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS credits (
    id bigserial PRIMARY KEY,
    payment text NOT NULL,
    amount bigint NOT NULL,
    currency text NOT NULL
);
