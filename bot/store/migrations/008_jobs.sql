-- Trainings that the owner asked for. What happens in one stands in its folder; here stands what is to be done about it.
CREATE TABLE jobs (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,  -- a folder has this name: it must never come again
    kind       TEXT NOT NULL CHECK (kind IN ('retrain', 'adder')),
    recipe     TEXT NOT NULL,
    corpus     TEXT NOT NULL,           -- by its name; empty: none is needed
    origin     TEXT NOT NULL,           -- version that it begins from; empty: from nothing
    changes    TEXT NOT NULL CHECK (json_valid(changes)),  -- of the recipe, each as key=value
    seed       INTEGER NOT NULL,
    state      TEXT NOT NULL CHECK
        (state IN ('queued', 'running', 'stopping', 'judging', 'done', 'stopped', 'failed', 'lost')),
    reason     TEXT NOT NULL DEFAULT '',  -- of a failure, in a word
    detail     TEXT NOT NULL DEFAULT '',  -- what the process said of it
    starts     INTEGER NOT NULL DEFAULT 0,  -- of its process since it last came further
    step       INTEGER NOT NULL DEFAULT 0,  -- of its checkpoint at the last start
    event_offset INTEGER NOT NULL DEFAULT 0,  -- events from this byte on are those of the last start
    result     TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(result)),  -- what became of its weights
    asked_at   INTEGER NOT NULL,
    began_at   INTEGER,
    ended_at   INTEGER
) STRICT;

CREATE INDEX jobs_unsettled ON jobs (state, id) WHERE state IN ('queued', 'running', 'stopping', 'judging');

-- The one message in which a job is to be seen. It may be in a direct message, so it is the person's.
CREATE TABLE job_messages (
    job_id     INTEGER PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    person_id  INTEGER NOT NULL,        -- who asked for it
    language   TEXT NOT NULL,           -- in which they read
    guild_id   INTEGER,                 -- null: a direct message
    channel_id INTEGER,                 -- null: there is no place where it could be
    message_id INTEGER,                 -- null: to be posted
    posts      INTEGER NOT NULL DEFAULT 0,  -- messages so far, one after another
    posted_at  INTEGER,
    tell       INTEGER NOT NULL,        -- 1: the person wants to be told of the end
    told       INTEGER NOT NULL DEFAULT 0,
    settled    INTEGER NOT NULL DEFAULT 0  -- 1: the message shows the end
) STRICT;

CREATE INDEX job_messages_live ON job_messages (job_id) WHERE settled = 0 OR told < tell;
CREATE INDEX job_messages_by_person ON job_messages (person_id);
