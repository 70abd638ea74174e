-- Viewing keys that this wallet made for a change that it has signed. Another's change may come first: each is tried before it
-- is believed, and goes once a key of its epoch is proved.
create table made_key (
    relationship  text    not null references relationship(address),
    epoch         integer not null,
    key           blob    not null,
    primary key (relationship, epoch, key)
) strict, without rowid;

-- Everybody who was ever appointed, read once when the entry comes: look-ups are compared with it.
create table delegate (
    relationship  text    not null references relationship(address),
    agent         text    not null,
    name          text,                       -- as the patient wrote it; null where the appointment cannot be opened
    appointed_at  integer not null,
    not_after     integer not null,
    ended_at      integer,
    primary key (relationship, agent)
) strict, without rowid;
