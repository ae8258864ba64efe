-- What people keep, how they and their servers want it, and what moderation needs.

CREATE TABLE favorites (
    person_id INTEGER NOT NULL,
    poem_id   INTEGER NOT NULL REFERENCES poems (id) ON DELETE CASCADE,
    guild_id  INTEGER,                  -- the poem's server, for /top; null: it was written in a direct message
    kept_at   INTEGER NOT NULL,
    PRIMARY KEY (person_id, poem_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX favorites_by_person ON favorites (person_id, kept_at, poem_id);
CREATE INDEX favorites_by_poem ON favorites (poem_id);
CREATE INDEX favorites_by_guild ON favorites (guild_id, kept_at, poem_id);

-- How many keep a poem: counted as they come and go, so that no page has to count.
ALTER TABLE poems ADD COLUMN loved INTEGER NOT NULL DEFAULT 0;

CREATE INDEX poems_by_love ON poems (guild_id, loved, id) WHERE loved > 0;

CREATE TRIGGER favorites_kept AFTER INSERT ON favorites BEGIN
    UPDATE poems SET loved = loved + 1 WHERE id = new.poem_id;
END;

CREATE TRIGGER favorites_let_go AFTER DELETE ON favorites BEGIN
    UPDATE poems SET loved = loved - 1 WHERE id = old.poem_id;
END;

-- Null in these two: not chosen, so what stands behind it counts.
CREATE TABLE people (
    person_id  INTEGER PRIMARY KEY,
    language   TEXT,                    -- "en", "zh-CN", "zh-TW"
    script     TEXT,                    -- "hans", "hant"
    form       TEXT,                    -- "五绝", "七绝", "五律", "七律", "free"
    display    TEXT,                    -- "text", "picture"
    pinyin     INTEGER,                 -- 1: below each line
    changed_at INTEGER NOT NULL
) STRICT;

CREATE TABLE servers (
    guild_id        INTEGER PRIMARY KEY,
    language        TEXT,
    script          TEXT,
    form            TEXT,
    display         TEXT,
    fame_channel_id INTEGER,            -- null: no hall of fame
    fame_stars      INTEGER,            -- so many have to keep a poem
    daily_channel_id INTEGER,           -- null: no daily poem
    daily_minute    INTEGER,            -- of the day, there
    daily_zone      TEXT,               -- IANA's name, such as Asia/Shanghai
    daily_done      TEXT,               -- the last day there that was seen to, as 2026-01-31
    left_at         INTEGER,            -- when the bot was removed; null while it is there
    changed_at      INTEGER NOT NULL
) STRICT;

CREATE TABLE fame_posts (
    poem_id    INTEGER NOT NULL REFERENCES poems (id) ON DELETE CASCADE,
    guild_id   INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    message_id INTEGER,                 -- null: it is being posted
    posted_at  INTEGER NOT NULL,
    PRIMARY KEY (poem_id, guild_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE server_words (
    guild_id INTEGER NOT NULL,
    word     TEXT NOT NULL,             -- as model.script.normalise writes it
    PRIMARY KEY (guild_id, word)
) STRICT, WITHOUT ROWID;

CREATE TABLE blocks (
    kind       TEXT NOT NULL CHECK (kind IN ('person', 'server')),
    subject_id INTEGER NOT NULL,
    reason     TEXT NOT NULL,
    blocked_at INTEGER NOT NULL,
    PRIMARY KEY (kind, subject_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE reports (
    id          INTEGER PRIMARY KEY,
    reporter_id INTEGER NOT NULL,
    poem_id     INTEGER REFERENCES poems (id) ON DELETE CASCADE,
    guild_id    INTEGER,
    channel_id  INTEGER,
    message_id  INTEGER,
    reason      TEXT NOT NULL,
    reported_at INTEGER NOT NULL,
    told_at     INTEGER,                -- when the owner was told; null: not yet
    UNIQUE (reporter_id, poem_id)
) STRICT;

-- What stands behind a reference id.
CREATE TABLE faults (
    reference  TEXT PRIMARY KEY,
    request_id INTEGER NOT NULL,
    person_id  INTEGER NOT NULL,
    guild_id   INTEGER,
    command    TEXT NOT NULL,
    trace      TEXT NOT NULL,           -- without secrets
    happened_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
