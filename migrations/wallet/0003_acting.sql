-- Acting for others and being acted for; the rest of what a patient may decide.

-- Viewing keys that were proved or handed over. Those of the first epoch follow from the words where they are not here.
create table viewing_key (
    relationship  text    not null references relationship(address),
    epoch         integer not null,
    key           blob    not null,
    primary key (relationship, epoch)
) strict, without rowid;

-- Offers to help somebody. Each has agents' keys of its own, and a database of its own for what is seen with them.
create table offer (
    number        integer primary key,
    label         text    not null,
    created_at    integer not null
) strict;

-- Keys that are to own accounts of somebody else's making: after a loss, or when a child comes of age.
create table take_over (
    key_index     integer primary key,
    created_at    integer not null
) strict;

alter table provider add column standing text not null default 'admitted'
    check (standing in ('admitted', 'suspended', 'expelled'));
alter table provider add column emergency integer not null default 0 check (emergency in (0, 1));

alter table disclosure add column basis text not null default 'grant'
    check (basis in ('owner', 'grant', 'delegate', 'emergency'));
alter table disclosure add column reason text not null default '';

alter table record add column withdrawn_at integer;
alter table record add column withdrawn_because text;

-- What is asked for by kind: appointments, disputes and the like are read from their entries.
create index entry_by_action on entry (action, relationship, position);

-- What waits may now be any act; the column says which, in the ledger's word for it.
create table outbox_acts (
    id            integer primary key,
    tx_id         text    not null unique,
    relationship  text    not null references relationship(address),
    purpose       text    not null,
    bytes         blob    not null,
    valid_until   integer not null,
    state         text    not null check (state in ('waiting', 'refused', 'lapsed')),
    reason        text,
    created_at    integer not null
) strict;
insert into outbox_acts select id, tx_id, relationship, purpose, bytes, valid_until, state, reason, created_at from outbox;
drop table outbox;
alter table outbox_acts rename to outbox;
