-- In how many servers each process sees the bot, where several share the work.
CREATE TABLE process_servers (
    holder  TEXT PRIMARY KEY,           -- the process, by its shards
    servers INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
