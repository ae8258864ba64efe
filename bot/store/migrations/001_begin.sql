-- Times are milliseconds since 1970 in UTC; ids of people, servers, channels and interactions are Discord's.

CREATE TABLE requests (
    id          INTEGER PRIMARY KEY,    -- the interaction's id
    person_id   INTEGER NOT NULL,
    guild_id    INTEGER,                -- null in direct messages
    channel_id  INTEGER,
    command     TEXT NOT NULL,          -- as typed, without the slash; for a button, what it is called
    options     TEXT NOT NULL CHECK (json_valid(options)),
    locale      TEXT NOT NULL,
    asked_at    INTEGER NOT NULL,
    answered_at INTEGER,                -- null: the process ended before the answer
    outcome     TEXT,                   -- "done", or the key of what was said instead
    reference   TEXT                    -- what the person was told to quote; null unless something unforeseen happened
) STRICT;

CREATE INDEX requests_by_person ON requests (person_id, id);
CREATE INDEX requests_by_reference ON requests (reference) WHERE reference IS NOT NULL;

CREATE TABLE poems (
    id         INTEGER PRIMARY KEY,
    request_id INTEGER NOT NULL,        -- no foreign key: requests are forgotten before poems are
    person_id  INTEGER NOT NULL,
    guild_id   INTEGER,
    channel_id INTEGER,
    text       TEXT NOT NULL,
    form       TEXT,                    -- null: none of the four
    start      TEXT NOT NULL,           -- as typed; empty when none was given
    unknown    TEXT NOT NULL,           -- characters of the start that the network does not know
    seed       INTEGER NOT NULL,
    script     TEXT NOT NULL,
    wish       TEXT NOT NULL CHECK (json_valid(wish)),  -- every option that the poem was made with
    weights    TEXT NOT NULL,           -- the first 16 hex digits of the file's sha256
    version    TEXT NOT NULL,           -- of the program
    made_at    INTEGER NOT NULL
) STRICT;

CREATE INDEX poems_by_person ON poems (person_id, id);

CREATE TABLE additions (
    id          INTEGER PRIMARY KEY,
    request_id  INTEGER NOT NULL,
    person_id   INTEGER NOT NULL,
    guild_id    INTEGER,
    channel_id  INTEGER,
    operands    TEXT NOT NULL CHECK (json_valid(operands)),
    sum         TEXT NOT NULL,          -- as the network wrote it
    digits      TEXT NOT NULL,          -- of each column, least significant first, as carries, margins and confidences
    carries     TEXT NOT NULL,
    margins     BLOB NOT NULL,          -- 32-bit floats, little-endian
    confidences BLOB NOT NULL,
    expected    TEXT NOT NULL,          -- the true sum
    weights     TEXT NOT NULL,
    version     TEXT NOT NULL,
    made_at     INTEGER NOT NULL
) STRICT;

CREATE INDEX additions_by_person ON additions (person_id, id);

CREATE TABLE command_syncs (
    application_id INTEGER NOT NULL,
    guild_id       INTEGER NOT NULL,    -- 0: everywhere
    payload_hash   TEXT NOT NULL,
    commands       TEXT NOT NULL CHECK (json_valid(commands)),  -- name to id, for mentions
    synced_at      INTEGER NOT NULL,
    PRIMARY KEY (application_id, guild_id)
) STRICT, WITHOUT ROWID;
