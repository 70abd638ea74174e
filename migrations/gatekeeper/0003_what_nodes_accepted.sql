-- What nodes accepted and whether it came into a block.

-- The node whose word a transaction of the outbox waits on: the first that took these bytes.
create table acceptance (
    outbox  integer primary key references outbox (id),
    node    text not null,                      -- operator and address
    at      integer not null,                   -- by this computer's clock
    height  integer not null,                   -- newest verified header at that time
    time    integer not null,                   -- time of that header
    missed  integer not null default 0 check (missed in (0, 1))  -- the verified log was looked through since, in vain
) strict;

-- Nodes that accepted transactions and brought them into no block.
create table swallowed (
    node  text primary key,                     -- operator and address
    times integer not null,
    first integer not null,
    last  integer not null
) strict;
