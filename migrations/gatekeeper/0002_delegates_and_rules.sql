-- Viewing keys that change, delegates, withdrawals, emergency access, push.

-- The viewing key in force and the end of the relationship, as far as the log is stored.
alter table relationship add column epoch integer not null default 0;
alter table relationship add column closed integer;            -- when the patient closed it

-- Place of the entry that took the pointer back.
alter table pointer add column withdrawn integer;

-- Terms of emergency access, by the entry that holds them.
create table emergency_terms (
    relationship blob not null references relationship (address),
    idx          integer not null,
    terms        blob not null,
    primary key (relationship, idx)
) strict;

-- To whom a viewing key was handed.
create table key_handover (
    id           integer primary key,
    relationship blob not null references relationship (address),
    recipient    blob not null,                 -- encoded address: 21 bytes
    epoch        integer not null,
    person       text not null,
    at           integer not null
) strict;

-- Uses of emergency access that others declared here.
create table episode (
    relationship blob not null references relationship (address),
    requester    blob not null,                 -- encoded address: 21 bytes
    episode      blob not null check (length(episode) = 16),
    reason       text not null,
    person       text not null,
    began        integer not null,
    primary key (relationship, requester, episode)
) strict;

-- Grants in mode push: up to where the log was looked through for records to tell of.
create table push (
    relationship blob not null references relationship (address),
    grant_id     blob not null check (length(grant_id) = 16),
    entry        integer not null,              -- place of the grant's own entry: an id can be given again
    told_to      integer not null,              -- last log index looked at
    primary key (relationship, grant_id, entry)
) strict;

-- Records that a grantee is told of, until it has fetched them.
create table notice (
    relationship blob not null references relationship (address),
    grant_id     blob not null check (length(grant_id) = 16),
    entry        integer not null,
    idx          integer not null,              -- place of the record's pointer
    grantee      blob not null check (length(grantee) = 20),
    attempts     integer not null default 0,
    next_attempt integer not null default 0,
    primary key (relationship, grant_id, entry, idx)
) strict;
create index notice_due on notice (next_attempt);

-- Grants under which a publisher said that there is something new, until it is fetched.
create table delivery (
    relationship blob not null check (length(relationship) = 20),
    grant_id     blob not null check (length(grant_id) = 16),
    publisher    blob not null check (length(publisher) = 20),
    notices      integer not null default 1,    -- grows with each notice that came
    attempts     integer not null default 0,
    next_attempt integer not null default 0,
    primary key (relationship, grant_id, publisher)
) strict;

-- Whether grant_id is the id of a use of emergency access.
alter table received add column emergency integer not null default 0 check (emergency in (0, 1));

-- A further purpose of transactions: the table is made anew, with the same rows, because of its check.
pragma defer_foreign_keys = on;
create table outbox_before as select * from outbox;
drop table outbox;
create table outbox (
    id           integer primary key,
    purpose      text not null check (purpose in ('open', 'publish', 'disclose', 'ask', 'withdraw')),
    relationship blob not null references relationship (address),
    marker       blob not null check (length(marker) = 32),  -- hash of the first action: finds it in the log
    tx           blob not null,
    valid_until  integer not null,
    state        text not null check (state in ('waiting', 'done', 'refused')),
    attempts     integer not null default 0,
    next_attempt integer not null default 0,
    problem      text,
    created      integer not null
) strict;
insert into outbox select * from outbox_before;
drop table outbox_before;
create unique index outbox_marker on outbox (marker);
create index outbox_waiting on outbox (next_attempt) where state = 'waiting';
