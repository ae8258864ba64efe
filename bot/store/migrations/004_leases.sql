-- What only one of several processes does at a time: its poem of the day, the forgetting, a training, a backup …
CREATE TABLE leases (
    name   TEXT PRIMARY KEY,
    holder TEXT NOT NULL,               -- the process, by the shards that it serves; empty: nobody
    number INTEGER NOT NULL,            -- one more with each new holder
    until  INTEGER NOT NULL             -- from then on another may take it
) STRICT, WITHOUT ROWID;
