CREATE TABLE entries (
  id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant text NOT NULL,
  payee  text NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0)
);
