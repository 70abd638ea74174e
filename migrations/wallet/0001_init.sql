-- The wallet's database. The whole file is encrypted (SQLCipher, raw key from the vault).
-- Times are seconds since 1970-01-01T00:00:00Z. Addresses and hashes are text, as people see them in "Details".

-- One row: which vault this database belongs to, and how far both are.
create table vault_link (
    id            integer primary key check (id = 1),
    file_id       text    not null,
    generation    integer not null
) strict;

-- One row: the network that was joined.
create table network (
    id            integer primary key check (id = 1),
    chain_id      text    not null,
    genesis_hash  text    not null,
    file          text    not null,           -- the network file, JSON
    head          blob,                       -- newest verified header, with its validators
    head_height   integer,
    head_time     integer,
    checked_at    integer,                    -- when a sync last ended well
    restore_next  integer not null default 0  -- next key index to look for when restoring; -1 when done
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

-- Every entry of every relationship's log, as the ledger hashes it.
create table entry (
    relationship  text    not null references relationship(address),
    position      integer not null,
    height        integer not null,
    at            integer not null,
    signer        text    not null,
    action        text    not null,
    bytes         blob    not null,
    reading       text    not null check (reading in ('read', 'closed', 'malformed')),
    primary key (relationship, position)
) strict, without rowid;

create table record (
    id            integer primary key,
    relationship  text    not null references relationship(address),
    position      integer not null,
    commitment    text    not null unique,
    first_version integer not null,           -- position of the first version
    supersedes    integer,                    -- position of the version that this one replaces
    superseded_by integer,
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
    unique (relationship, position)
) strict;

create index record_by_date     on record (sort_date desc, id desc) where superseded_by is null;
create index record_by_provider on record (provider, sort_date desc, id desc);
create index record_by_kind     on record (kind, sort_date desc, id desc);
create index record_by_lineage  on record (relationship, first_version, position);

create virtual table record_text using fts5 (
    terms, content = '', contentless_delete = 1, prefix = '2 3', tokenize = 'unicode61 remove_diacritics 2'
);

-- Copies that were fetched, or could not be verified.
create table copy (
    commitment    text primary key,
    state         text    not null check (state in ('verified', 'mismatch')),
    salt          text,
    size          integer not null,
    found         text,                       -- the commitment that was found, on mismatch
    checked_at    integer not null
) strict, without rowid;

create table grant_given (
    id            text    not null,
    relationship  text    not null references relationship(address),
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

-- Revocations of grants that the log has not shown.
create table tombstone (
    relationship  text    not null,
    id            text    not null,
    at            integer not null,
    primary key (relationship, id)
) strict, without rowid;

create table request (
    id            text    not null,
    relationship  text    not null references relationship(address),
    position      integer not null,
    provider      text    not null,
    payload       blob    not null,           -- canonical, opened
    asked_at      integer not null,
    not_after     integer not null,
    answered_at   integer,
    answer        text check (answer in ('allowed', 'declined')),
    primary key (relationship, id)
) strict, without rowid;

create table disclosure (
    relationship  text    not null references relationship(address),
    position      integer not null,
    recipient     text,                       -- null: the patient
    grant_id      text,
    person        text    not null,
    at            integer not null,
    written_at    integer not null,
    records       text    not null,           -- JSON: [commitment, …]
    primary key (relationship, position)
) strict, without rowid;

create index disclosure_by_time on disclosure (at desc);

-- Signed transactions that are not yet proved to be on the ledger.
create table outbox (
    tx_id         text primary key,
    relationship  text    not null,
    purpose       text    not null check (purpose in ('grant', 'revoke', 'answer')),
    bytes         blob    not null,
    valid_until   integer not null,
    state         text    not null check (state in ('waiting', 'refused', 'lapsed')),
    reason        text,
    created_at    integer not null
) strict, without rowid;
