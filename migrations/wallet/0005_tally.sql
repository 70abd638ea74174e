-- How many newest versions there are, kept as records and copies come and go, so that nobody has to count them all to say so.
create table tally (
    provider      text    not null,
    kind          text    not null,
    current       integer not null,
    bare          integer not null,           -- of these, readable ones of which no copy was fetched
    verified      integer not null,           -- of these, ones whose copy is here and is what the ledger says
    primary key (provider, kind)
) strict, without rowid;

insert into tally
    select r.provider, r.kind, count(*), sum(r.readable and c.record is null), sum(c.state is 'verified')
    from record r left join copy c on c.record = r.id where r.superseded_by is null group by r.provider, r.kind;

create trigger tally_record after insert on record when new.superseded_by is null begin
    insert into tally values (new.provider, new.kind, 1, new.readable, 0)
        on conflict (provider, kind) do update set current = current + 1, bare = bare + excluded.bare;
end;

create trigger tally_replaced after update of superseded_by on record
    when old.superseded_by is null and new.superseded_by is not null begin
    update tally set
        current = current - 1,
        bare = bare - (new.readable and not exists (select 1 from copy where record = new.id)),
        verified = verified - exists (select 1 from copy where record = new.id and state = 'verified')
        where provider = new.provider and kind = new.kind;
end;

create trigger tally_copy after insert on copy begin
    update tally set bare = bare - r.readable, verified = verified + (new.state = 'verified')
        from (select provider, kind, readable from record where id = new.record and superseded_by is null) r
        where tally.provider = r.provider and tally.kind = r.kind;
end;

create trigger tally_copy_state after update of state on copy when old.state <> new.state begin
    update tally set verified = verified + (new.state = 'verified') - (old.state = 'verified')
        from (select provider, kind from record where id = new.record and superseded_by is null) r
        where tally.provider = r.provider and tally.kind = r.kind;
end;

create trigger tally_copy_gone after delete on copy begin
    update tally set bare = bare + r.readable, verified = verified - (old.state = 'verified')
        from (select provider, kind, readable from record where id = old.record and superseded_by is null) r
        where tally.provider = r.provider and tally.kind = r.kind;
end;

-- What is counted by search is compared with this index alone, without reading the records.
drop index record_current;
create index record_current on record (id, superseded_by, readable) where superseded_by is null;
