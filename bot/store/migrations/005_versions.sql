-- What was trained here, which weights write poems, and which of two people like better.

-- A file models/NAME.safetensors in the data folder. Weights that come with the program have no row.
CREATE TABLE versions (
    name     TEXT PRIMARY KEY,
    weights  TEXT NOT NULL,             -- the first 16 hex digits of the file's sha256
    job_id   INTEGER UNIQUE,            -- that trained it; null: none did
    recipe   TEXT NOT NULL,
    corpus   TEXT NOT NULL,             -- its name
    bytes    INTEGER NOT NULL,
    figures  TEXT NOT NULL CHECK (json_valid(figures)),  -- held against what was in use when it was made
    verdict  TEXT NOT NULL,             -- why it was taken into use, or not
    made_at  INTEGER NOT NULL,
    told_at  INTEGER                    -- when the owner was told of it; null: not yet
) STRICT, WITHOUT ROWID;

-- Which weights write poems: the last row says it. Every process of the bot follows it.
CREATE TABLE version_uses (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    name     TEXT,                      -- null: as the settings say
    reason   TEXT NOT NULL CHECK (reason IN ('owner', 'promoted', 'rollback')),
    previous INTEGER REFERENCES version_uses (id),  -- the use to go back to; null: what the settings say
    begun_at INTEGER NOT NULL
) STRICT;

-- Two versions on the same starts; whoever votes does not see which is which.
CREATE TABLE comparisons (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    one     TEXT NOT NULL,              -- names
    other   TEXT NOT NULL,
    made_at INTEGER NOT NULL
) STRICT;

CREATE TABLE comparison_pairs (
    comparison_id INTEGER NOT NULL REFERENCES comparisons (id) ON DELETE CASCADE,
    number        INTEGER NOT NULL,
    one           TEXT NOT NULL,        -- texts
    other         TEXT NOT NULL,
    swapped       INTEGER NOT NULL,     -- 1: the other one is shown first
    PRIMARY KEY (comparison_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE votes (
    comparison_id INTEGER NOT NULL,
    number        INTEGER NOT NULL,
    person_id     INTEGER NOT NULL,
    choice        TEXT NOT NULL CHECK (choice IN ('one', 'other', 'neither')),
    voted_at      INTEGER NOT NULL,
    PRIMARY KEY (comparison_id, number, person_id),
    FOREIGN KEY (comparison_id, number) REFERENCES comparison_pairs (comparison_id, number) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX votes_by_person ON votes (person_id);

-- Whether poems that were written there and that people love may be learnt from.
ALTER TABLE servers ADD COLUMN learning INTEGER;  -- 1: they may; null: they may not
