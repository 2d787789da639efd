CREATE TABLE entries (
  id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant  text NOT NULL,
  account text NOT NULL,
  amount  bigint NOT NULL
);
