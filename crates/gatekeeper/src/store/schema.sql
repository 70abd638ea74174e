CREATE TABLE acceptance (
    outbox  integer primary key references outbox (id),
    node    text not null,                      -- operator and address
    at      integer not null,                   -- by this computer's clock
    height  integer not null,                   -- newest verified header at that time
    time    integer not null,                   -- time of that header
    missed  integer not null default 0 check (missed in (0, 1))  -- the verified log was looked through since, in vain
) strict;

CREATE TABLE access_request (
    id           blob primary key check (length(id) = 16),
    relationship blob not null references relationship (address),
    outbox       integer not null references outbox (id),
    request      blob not null,
    not_after    integer not null,
    created      integer not null,
    state        text not null check (state in ('waiting', 'allowed', 'declined')),
    note         text
) strict;

CREATE TABLE delivery (
    relationship blob not null check (length(relationship) = 20),
    grant_id     blob not null check (length(grant_id) = 16),
    publisher    blob not null check (length(publisher) = 20),
    notices      integer not null default 1,    -- grows with each notice that came
    attempts     integer not null default 0,
    next_attempt integer not null default 0,
    primary key (relationship, grant_id, publisher)
) strict;

CREATE TABLE disclosure (
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

CREATE INDEX disclosure_of on disclosure (relationship, requester, commitment, at);

CREATE INDEX disclosure_waiting on disclosure (at) where for_ledger = 1 and idx is null;

CREATE TABLE emergency_terms (
    relationship blob not null references relationship (address),
    idx          integer not null,
    terms        blob not null,
    primary key (relationship, idx)
) strict;

CREATE TABLE enrolment_code (
    secret_hash  blob primary key check (length(secret_hash) = 32),
    local_id     text not null,
    created      integer not null,
    expires      integer not null,
    used_by      blob check (used_by is null or length(used_by) = 20)
) strict;

CREATE TABLE episode (
    relationship blob not null references relationship (address),
    requester    blob not null,                 -- encoded address: 21 bytes
    episode      blob not null check (length(episode) = 16),
    reason       text not null,
    person       text not null,
    began        integer not null,
    primary key (relationship, requester, episode)
) strict;

CREATE TABLE grant_terms (
    relationship blob not null references relationship (address),
    grant_id     blob not null check (length(grant_id) = 16),
    idx          integer not null,
    terms        blob not null,
    primary key (relationship, grant_id)
) strict;

CREATE TABLE handle (
    grant_id     blob not null check (length(grant_id) = 16),
    relationship blob not null check (length(relationship) = 20),  -- of another publisher
    publisher    blob not null check (length(publisher) = 20),
    not_after    integer not null,
    origin       text not null check (origin in ('answer', 'share code')),
    local_id     text,                          -- the patient, when the answer came on an own relationship
    received     integer not null,
    primary key (relationship, grant_id, publisher)
) strict;

CREATE TABLE key_handover (
    id           integer primary key,
    relationship blob not null references relationship (address),
    recipient    blob not null,                 -- encoded address: 21 bytes
    epoch        integer not null,
    person       text not null,
    at           integer not null
) strict;

CREATE TABLE log_entry (
    relationship blob not null references relationship (address),
    idx          integer not null,
    entry        blob not null,
    primary key (relationship, idx)
) strict;

CREATE TABLE network (
    one         integer primary key check (one = 1),
    file        text not null,                  -- network.json, as it was joined
    head        blob,                           -- trusted head, in the light client's own encoding
    head_height integer not null default 0
) strict;

CREATE TABLE notice (
    relationship blob not null references relationship (address),
    grant_id     blob not null check (length(grant_id) = 16),
    entry        integer not null,
    idx          integer not null,              -- place of the record's pointer
    grantee      blob not null check (length(grantee) = 20),
    attempts     integer not null default 0,
    next_attempt integer not null default 0,
    primary key (relationship, grant_id, entry, idx)
) strict;

CREATE INDEX notice_due on notice (next_attempt);

CREATE TABLE outbox (
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

CREATE UNIQUE INDEX outbox_marker on outbox (marker);

CREATE INDEX outbox_waiting on outbox (next_attempt) where state = 'waiting';

CREATE TABLE pointer (
    relationship  blob not null references relationship (address),
    idx           integer not null,             -- place in the log
    commitment    blob not null check (length(commitment) = 32),
    first_version integer not null,             -- log index of the first version of the same record
    kind          integer not null,
    description   blob not null,                -- opened payload: salt and plaintext prove the ledger's entry
    opening_salt  blob not null check (length(opening_salt) = 32), withdrawn integer,
    primary key (relationship, idx)
) strict;

CREATE INDEX pointer_commitment on pointer (relationship, commitment, idx);

CREATE TABLE problem (
    local_id text not null,
    path     text not null,
    what     text not null,
    since    integer not null,
    primary key (local_id, path)
) strict;

CREATE TABLE push (
    relationship blob not null references relationship (address),
    grant_id     blob not null check (length(grant_id) = 16),
    entry        integer not null,              -- place of the grant's own entry: an id can be given again
    told_to      integer not null,              -- last log index looked at
    primary key (relationship, grant_id, entry)
) strict;

CREATE TABLE received (
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
    fetched       integer not null, emergency integer not null default 0 check (emergency in (0, 1)),
    primary key (relationship, commitment)
) strict;

CREATE TABLE relationship (
    address      blob primary key check (length(address) = 20),
    local_id     text not null,                 -- the patient's name in the provider's own system
    owner        blob not null check (length(owner) = 32),
    possession   blob not null check (length(possession) = 64),
    state        text not null check (state in ('opening', 'open')),
    created      integer not null,
    log_size     integer not null default 0,    -- right edge of the log as far as it is stored below
    log_peaks    blob not null default x''      -- roots of its complete subtrees, 32 bytes each
, epoch integer not null default 0, closed integer) strict;

CREATE INDEX relationship_local on relationship (local_id);

CREATE TABLE seen_nonce (
    key_id  text not null,
    nonce   blob not null,
    expires integer not null,
    primary key (key_id, nonce)
) strict;

CREATE INDEX seen_nonce_expires on seen_nonce (expires);

CREATE TABLE snapshot (
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

CREATE UNIQUE INDEX snapshot_commitment on snapshot (relationship, commitment);

CREATE INDEX snapshot_source on snapshot (relationship, path, part, id);

CREATE INDEX snapshot_unpublished on snapshot (relationship, id) where idx is null;

CREATE TABLE source_file (
    relationship blob not null references relationship (address),
    path         text not null,                 -- relative to the patient's folder, '/' between names
    size         integer not null,
    modified_ns  integer not null,              -- nanoseconds since 1970
    sha256       blob not null check (length(sha256) = 32),
    vanished     integer,                       -- since when it is not in the folder any more
    primary key (relationship, path)
) strict;

CREATE TABLE swallowed (
    node  text primary key,                     -- operator and address
    times integer not null,
    first integer not null,
    last  integer not null
) strict;

CREATE TABLE viewing_key (
    relationship blob not null references relationship (address),
    epoch        integer not null,
    key          blob not null check (length(key) = 32),
    primary key (relationship, epoch)
) strict;
