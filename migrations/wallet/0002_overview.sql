-- What a person has done and looked at in this wallet, and what the first screen needs to be read at once.

-- One row.
create table preference (
    one              integer primary key check (one = 1),
    words_checked_at integer,                 -- when the recovery words were checked against the paper; null: never
    records_seen     integer                  -- newest record (its id: order of arrival) when the list was looked at; null: never
) strict;

-- Records that were there before anybody counted are not new.
insert into preference (one, words_checked_at, records_seen) select 1, null, max(id) from record;

create index record_current        on record (id) where superseded_by is null;
create index copy_by_state         on copy (state);
create index request_waiting       on request (asked_at desc) where answered_at is null;
create index grant_standing        on grant_given (not_after) where revoked_at is null;
create index disclosure_by_others  on disclosure (at desc, id desc) where recipient is not null or grant_id is not null;
