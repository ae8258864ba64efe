-- What each process of the bot writes poems with.
CREATE TABLE version_processes (
    process  TEXT PRIMARY KEY,          -- by the shards that it serves
    name     TEXT,                      -- of the version; null: nothing can be used
    fault    TEXT,                      -- the version that it should use and cannot; null: none
    noted_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
