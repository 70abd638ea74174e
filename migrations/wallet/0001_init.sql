-- The wallet's database. The whole file is encrypted (SQLCipher, raw key from the vault).
-- Times are seconds since 1970-01-01T00:00:00Z. Addresses and ids are text, as people see them in "Details".

-- One row: which vault this database belongs to, and how far both are.
create table vault_link (
    one           integer primary key check (one = 1),
    file_id       text    not null,
    generation    integer not null,
    look_back     integer not null check (look_back in (0, 1))  -- look the ledger through after joining
) strict;

-- One row: the network that was joined.
create table network (
    one           integer primary key check (one = 1),
    chain_id      text    not null,
    genesis_hash  text    not null,
    file          text    not null,           -- the network file, JSON
    head          blob,                       -- newest verified header, with its validators
    head_height   integer,
    head_time     integer,
    checked_at    integer,                    -- when a sync last ended well
    scan_from     integer                     -- key index from which relationships are looked for; null: nothing to look for
) strict;

-- Right edge of each log that is kept, verified.
create table log (
    log           text primary key,           -- 'directory' or a relationship's address
    frontier      blob not null
) strict, without rowid;

create table provider (
    address       text primary key,
    name          text not null,
    place         text not null,
    endpoint      text not null,
    folded        text not null,              -- name and place, folded for search
    entry         blob not null               -- the directory's entry, canonical
) strict, without rowid;

create table relationship (
    address       text primary key,
    provider      text not null,
    key_index     integer not null unique,
    state         text not null check (state in ('enrolling', 'open')),
    code          text,                       -- the enrolment code, while enrolling
    leaf          blob,                       -- newest proved leaf
    opened_at     integer
) strict, without rowid;

create index relationship_by_provider on relationship (provider);

-- Every entry of every relationship's log, as the ledger hashes it.
create table entry (
    relationship  text    not null references relationship(address),
    position      integer not null,
    height        integer,                    -- null where the entry itself cannot be read
    at            integer,
    signer        text,
    action        text,
    bytes         blob    not null,
    reading       text    not null check (reading in ('read', 'closed', 'malformed')),
    primary key (relationship, position)
) strict, without rowid;

create index entry_unreadable on entry (relationship, position) where reading <> 'read';

create table record (
    id            integer primary key,
    key           text    not null unique,    -- 16 bytes, hexadecimal: follows from relationship and position
    relationship  text    not null references relationship(address),
    position      integer not null,
    commitment    text    not null,
    first_version integer not null,           -- position of the first version
    supersedes    integer,                    -- position of the version that this one replaces
    superseded_by integer,
    readable      integer not null check (readable in (0, 1)),
    provider      text    not null,
    kind          text    not null,
    title         text    not null,
    fhir_type     text,
    codes         text    not null,           -- JSON: [[system, code], …]
    status        text,
    date          text,                       -- as the record states, perhaps partial
    sort_date     text    not null,           -- for ordering: the date, else the day of publishing
    author        text,
    place         text,
    media_type    text    not null,
    size          integer not null,
    published_at  integer not null,
    height        integer not null,
    unique (relationship, position)
) strict;

create index record_by_date       on record (sort_date desc, key desc) where superseded_by is null;
create index record_by_any_date   on record (sort_date desc, key desc);
create index record_by_provider   on record (provider, sort_date desc, key desc) where superseded_by is null;
create index record_by_kind       on record (kind, sort_date desc, key desc) where superseded_by is null;
create index record_by_lineage    on record (relationship, first_version, position);
create index record_by_commitment on record (commitment);

create virtual table record_text using fts5 (
    terms, content = '', contentless_delete = 1, prefix = '2 3', tokenize = 'unicode61 remove_diacritics 2'
);

-- Copies that were fetched, or could not be verified.
create table copy (
    record        integer primary key references record(id),
    state         text    not null check (state in ('verified', 'mismatch')),
    size          integer not null,
    found         text,                       -- the commitment that was found, on mismatch
    checked_at    integer not null
) strict;

create table grant_given (
    relationship  text    not null references relationship(address),
    id            text    not null,
    position      integer not null,
    grantee       text    not null,
    terms         blob    not null,           -- canonical, opened
    share         text    not null,
    request       text,
    not_before    integer not null,
    not_after     integer not null,
    given_at      integer not null,
    revoked_at    integer,
    primary key (relationship, id)
) strict, without rowid;

create index grant_by_grantee on grant_given (grantee, not_after);
create index grant_by_share   on grant_given (share);
create index grant_by_id      on grant_given (id);

-- Revocations, also of grants that the log has not shown.
create table tombstone (
    relationship  text    not null references relationship(address),
    id            text    not null,
    at            integer not null,
    primary key (relationship, id)
) strict, without rowid;

create table request (
    relationship  text    not null references relationship(address),
    id            text    not null,
    position      integer not null,
    provider      text    not null,
    payload       blob    not null,           -- canonical, opened
    asked_at      integer not null,
    not_after     integer not null,
    answered_at   integer,
    answer        text check (answer in ('allowed', 'declined')),
    primary key (relationship, id)
) strict, without rowid;

create index request_by_id on request (id);

create table disclosure (
    id            integer primary key,
    relationship  text    not null references relationship(address),
    position      integer not null,
    recipient     text,                       -- null: the patient
    grant_id      text,
    person        text    not null,
    at            integer not null,
    written_at    integer not null,
    records       text    not null,           -- JSON: [commitment, …]
    unique (relationship, position)
) strict;

create index disclosure_by_time  on disclosure (at desc, id desc);
create index disclosure_by_grant on disclosure (relationship, grant_id, at);

-- Signed transactions that are not yet proved to be on the ledger, in the order in which they are sent.
create table outbox (
    id            integer primary key,
    tx_id         text    not null unique,
    relationship  text    not null references relationship(address),
    purpose       text    not null check (purpose in ('grant', 'revoke', 'answer')),
    bytes         blob    not null,
    valid_until   integer not null,
    state         text    not null check (state in ('waiting', 'refused', 'lapsed')),
    reason        text,
    created_at    integer not null
) strict;
