-- What several processes tell each other, where they share the work.

-- Of what each process knows by heart: one more with each change.
CREATE TABLE changes (
    topic  TEXT PRIMARY KEY,
    number INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO changes VALUES ('blocks', 0), ('fame', 0);

CREATE TRIGGER blocks_added AFTER INSERT ON blocks BEGIN
    UPDATE changes SET number = number + 1 WHERE topic = 'blocks';
END;

CREATE TRIGGER blocks_removed AFTER DELETE ON blocks BEGIN
    UPDATE changes SET number = number + 1 WHERE topic = 'blocks';
END;

-- Poems that somebody kept, or let go, where their server is out of sight: the process that sees it looks after them.
CREATE TABLE fame_calls (
    poem_id  INTEGER PRIMARY KEY,
    guild_id INTEGER NOT NULL
) STRICT;

CREATE TRIGGER fame_called AFTER INSERT ON fame_calls BEGIN
    UPDATE changes SET number = number + 1 WHERE topic = 'fame';
END;
