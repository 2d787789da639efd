-- Double entry: the two lines of a posting add up to nothing.
create table if not exists account (
    id text primary key,
    owner text not null,
    balance bigint not null default 0
);
create table if not exists entry (
    id bigint generated always as identity primary key,
    posting uuid not null,
    account text not null references account (id),
    amount bigint not null check (amount <> 0),
    at timestamptz not null default clock_timestamp()
);
