-- The three networks beside each other, and which of their poems people like best.

CREATE TABLE contests (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,  -- it stands in the buttons of old messages
    request_id INTEGER NOT NULL,
    person_id  INTEGER NOT NULL,
    guild_id   INTEGER,
    channel_id INTEGER,
    start      TEXT NOT NULL,           -- as typed
    seed       INTEGER NOT NULL,
    unknown    TEXT NOT NULL,           -- characters of the start that one of them does not know
    entries    TEXT NOT NULL CHECK (json_valid(entries)),  -- in the order in which they are shown: cell, text and more
    version    TEXT NOT NULL,
    made_at    INTEGER NOT NULL
) STRICT;

CREATE INDEX contests_by_person ON contests (person_id, id);
CREATE INDEX contests_by_time ON contests (made_at);

CREATE TABLE ballots (
    contest_id INTEGER NOT NULL REFERENCES contests (id) ON DELETE CASCADE,
    person_id     INTEGER NOT NULL,
    cell          TEXT NOT NULL CHECK (cell IN ('rnn', 'gru', 'lstm')),
    voted_at      INTEGER NOT NULL,
    PRIMARY KEY (contest_id, person_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX ballots_by_person ON ballots (person_id, contest_id);
CREATE INDEX ballots_by_time ON ballots (voted_at);

-- First ballots only: they alone are cast by people who did not know whose poem it is.
INSERT INTO counts VALUES ('ballots rnn', 0), ('ballots gru', 0), ('ballots lstm', 0);

CREATE TRIGGER ballots_counted AFTER INSERT ON ballots BEGIN
    UPDATE counts SET value = value + 1 WHERE name = 'ballots ' || new.cell;
END;
