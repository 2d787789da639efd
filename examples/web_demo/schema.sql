create table account (id text primary key, balance bigint not null);
create table ledger (
    id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    reference text not null,
    source text not null references account (id),
    target text not null references account (id),
    amount bigint not null
);
insert into account values ('alice', 500000), ('shop', 0);
