-- The gatekeeper's own memory. Times are whole seconds since 1970-01-01T00:00:00Z unless a column says
-- otherwise; addresses are their 20 bytes; hashes and commitments 32 bytes; sizes are in bytes.

-- The network it belongs to, and the last header it verified. One row.
create table network (
    one         integer primary key check (one = 1),
    file        text not null,                  -- network.json, as it was joined
    head        blob,                           -- trusted head, in the light client's own encoding
    head_height integer not null default 0
) strict;

-- One-time codes that let a patient open a relationship. Only a hash of the secret is kept.
create table enrolment_code (
    secret_hash  blob primary key check (length(secret_hash) = 32),
    local_id     text not null,
    created      integer not null,
    expires      integer not null,
    used_by      blob check (used_by is null or length(used_by) = 20)
) strict;

-- Relationships that this provider publishes into.
create table relationship (
    address      blob primary key check (length(address) = 20),
    local_id     text not null,                 -- the patient's name in the provider's own system
    owner        blob not null check (length(owner) = 32),
    possession   blob not null check (length(possession) = 64),
    state        text not null check (state in ('opening', 'open')),
    created      integer not null,
    log_size     integer not null default 0,    -- right edge of the log as far as it is stored below
    log_peaks    blob not null default x''      -- roots of its complete subtrees, 32 bytes each
) strict;
create index relationship_local on relationship (local_id);

create table viewing_key (
    relationship blob not null references relationship (address),
    epoch        integer not null,
    key          blob not null check (length(key) = 32),
    primary key (relationship, epoch)
) strict;

-- The verified log of each relationship, and what was read from it.
create table log_entry (
    relationship blob not null references relationship (address),
    idx          integer not null,
    entry        blob not null,
    primary key (relationship, idx)
) strict;

create table pointer (
    relationship  blob not null references relationship (address),
    idx           integer not null,             -- place in the log
    commitment    blob not null check (length(commitment) = 32),
    first_version integer not null,             -- log index of the first version of the same record
    kind          integer not null,
    description   blob not null,                -- opened payload: salt and plaintext prove the ledger's entry
    opening_salt  blob not null check (length(opening_salt) = 32),
    primary key (relationship, idx)
) strict;
create index pointer_commitment on pointer (relationship, commitment, idx);

create table grant_terms (
    relationship blob not null references relationship (address),
    grant_id     blob not null check (length(grant_id) = 16),
    idx          integer not null,
    terms        blob not null,
    primary key (relationship, grant_id)
) strict;

-- Files of the provider's folder as they were last read.
create table source_file (
    relationship blob not null references relationship (address),
    path         text not null,                 -- relative to the patient's folder, '/' between names
    size         integer not null,
    modified_ns  integer not null,              -- nanoseconds since 1970
    sha256       blob not null check (length(sha256) = 32),
    vanished     integer,                       -- since when it is not in the folder any more
    primary key (relationship, path)
) strict;

-- Immutable snapshots of record versions: what a copy is released from.
create table snapshot (
    id           integer primary key,
    relationship blob not null references relationship (address),
    commitment   blob not null check (length(commitment) = 32),
    salt         blob not null check (length(salt) = 32),
    path         text not null,
    part         text not null,                 -- which resource of the file; '' is the whole file
    sha256       blob not null check (length(sha256) = 32),
    size         integer not null,
    description  blob not null,                 -- payload to be sealed in the pointer
    supersedes   integer references snapshot (id),
    outbox       integer references outbox (id),
    idx          integer,                       -- place of its pointer in the verified log
    created      integer not null
) strict;
create unique index snapshot_commitment on snapshot (relationship, commitment);
create index snapshot_source on snapshot (relationship, path, part, id);
create index snapshot_unpublished on snapshot (relationship, id) where idx is null;

-- Signed transactions on their way to the ledger.
create table outbox (
    id           integer primary key,
    purpose      text not null check (purpose in ('open', 'publish', 'disclose', 'ask')),
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
create unique index outbox_marker on outbox (marker);
create index outbox_waiting on outbox (next_attempt) where state = 'waiting';

-- Releases of copies. A row is durable before the first byte leaves.
create table disclosure (
    id           integer primary key,
    relationship blob not null references relationship (address),
    commitment   blob not null check (length(commitment) = 32),
    requester    blob not null,                 -- encoded address: 21 bytes
    basis        blob not null,                 -- encoded basis
    person       text not null,
    at           integer not null,
    for_ledger   integer not null check (for_ledger in (0, 1)),  -- 0: to the patient, kept here only
    outbox       integer references outbox (id),
    idx          integer                        -- place of its entry in the verified log
) strict;
create index disclosure_waiting on disclosure (at) where for_ledger = 1 and idx is null;
create index disclosure_of on disclosure (relationship, requester, commitment, at);

-- Nonces of HTTP requests, until the request expires.
create table seen_nonce (
    key_id  text not null,
    nonce   blob not null,
    expires integer not null,
    primary key (key_id, nonce)
) strict;
create index seen_nonce_expires on seen_nonce (expires);

-- Requests this provider made of its patients.
create table access_request (
    id           blob primary key check (length(id) = 16),
    relationship blob not null references relationship (address),
    outbox       integer not null references outbox (id),
    request      blob not null,
    not_after    integer not null,
    created      integer not null,
    state        text not null check (state in ('waiting', 'allowed', 'declined')),
    note         text
) strict;

-- Grants given to this provider, from answers and share codes.
create table handle (
    grant_id     blob not null check (length(grant_id) = 16),
    relationship blob not null check (length(relationship) = 20),  -- of another publisher
    publisher    blob not null check (length(publisher) = 20),
    not_after    integer not null,
    origin       text not null check (origin in ('answer', 'share code')),
    local_id     text,                          -- the patient, when the answer came on an own relationship
    received     integer not null,
    primary key (relationship, grant_id, publisher)
) strict;

-- Copies fetched as grantee, with what proved them.
create table received (
    relationship  blob not null check (length(relationship) = 20),
    commitment    blob not null check (length(commitment) = 32),
    publisher     blob not null check (length(publisher) = 20),
    grant_id      blob not null check (length(grant_id) = 16),
    salt          blob not null check (length(salt) = 32),
    size          integer not null,
    opening       text not null,                -- opened description with its salt, checked against the entry
    idx           integer not null,             -- place of the pointer in the publisher's log
    entry         blob not null,                -- the log entry
    log_size      integer not null,             -- size and root of the log that the entry was proved in
    log_root      blob not null check (length(log_root) = 32),
    header_height integer not null,             -- under which header
    person        text not null,                -- who fetched it
    fetched       integer not null,
    primary key (relationship, commitment)
) strict;

-- What could not be read or published, for the provider's people to look at.
create table problem (
    local_id text not null,
    path     text not null,
    what     text not null,
    since    integer not null,
    primary key (local_id, path)
) strict;
