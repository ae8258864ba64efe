-- What people keep, how they and their servers want it, and what moderation needs.

-- Ids stand in the buttons of old messages: that of a row that is gone must never come again (AUTOINCREMENT).
CREATE TABLE numbered_poems (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    request_id  INTEGER NOT NULL,       -- no foreign key: requests are forgotten before poems are
    person_id   INTEGER NOT NULL,
    guild_id    INTEGER,
    channel_id  INTEGER,
    text        TEXT NOT NULL,
    form        TEXT,                   -- null: none of the four
    start       TEXT NOT NULL,          -- as typed; empty when none was given
    unknown     TEXT NOT NULL,          -- characters of the start that the network does not know
    seed        INTEGER NOT NULL,
    script      TEXT NOT NULL,
    wish        TEXT NOT NULL CHECK (json_valid(wish)),  -- every option that the poem was made with
    weights     TEXT NOT NULL,          -- the first 16 hex digits of the file's sha256
    version     TEXT NOT NULL,          -- of the program
    made_at     INTEGER NOT NULL,
    traditional TEXT,                   -- the text in traditional characters, as written
    pattern     TEXT NOT NULL DEFAULT '',  -- name of the tonal pattern; empty without a form
    theme       TEXT NOT NULL DEFAULT '',  -- asked for or drawn; empty where there is none
    broken      TEXT NOT NULL DEFAULT '',  -- given characters that break the pattern
    given       TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(given)),  -- which of its characters, marks not counted, were given
    loved       INTEGER NOT NULL DEFAULT 0  -- how many keep it: counted as they come and go, not for every page
) STRICT;

INSERT INTO numbered_poems SELECT *, 0 FROM poems;
DROP TABLE poems;
ALTER TABLE numbered_poems RENAME TO poems;
CREATE INDEX poems_by_person ON poems (person_id, id);
CREATE INDEX poems_by_love ON poems (guild_id, loved, id) WHERE loved > 0;

CREATE TABLE numbered_additions (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
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
    made_at     INTEGER NOT NULL,
    operation   TEXT NOT NULL DEFAULT 'add',
    certificate TEXT NOT NULL DEFAULT 'none' CHECK (certificate IN ('proven', 'none', 'refused'))
) STRICT;

INSERT INTO numbered_additions SELECT *, 'add', 'none' FROM additions;
DROP TABLE additions;
ALTER TABLE numbered_additions RENAME TO additions;
CREATE INDEX additions_by_person ON additions (person_id, id);

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
    poem_id    INTEGER NOT NULL,        -- no foreign key: the message has to go when the poem is gone
    guild_id   INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    message_id INTEGER,                 -- null: not known, as it is being posted
    state      TEXT NOT NULL CHECK (state IN ('posting', 'shown', 'stale', 'withdrawn')),
    posted_at  INTEGER NOT NULL,
    PRIMARY KEY (poem_id, guild_id)
) STRICT, WITHOUT ROWID;

-- What is to be done: a post to be found, a number to be changed, a message to be removed.
CREATE INDEX fame_posts_unsettled ON fame_posts (state, poem_id) WHERE state != 'shown';

CREATE TRIGGER poems_gone_from_fame AFTER DELETE ON poems BEGIN
    UPDATE fame_posts SET state = 'withdrawn' WHERE poem_id = old.id;
END;

-- Who may be due for a poem of the day.
CREATE INDEX servers_by_daily ON servers (daily_zone, daily_minute)
    WHERE daily_channel_id IS NOT NULL AND left_at IS NULL;

CREATE INDEX servers_left ON servers (left_at) WHERE left_at IS NOT NULL;

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
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    reporter_id INTEGER NOT NULL,
    poem_id     INTEGER REFERENCES poems (id) ON DELETE CASCADE,
    guild_id    INTEGER,
    channel_id  INTEGER,
    message_id  INTEGER,
    reason      TEXT NOT NULL,
    reported_at INTEGER NOT NULL,
    told_at     INTEGER,                -- when the owner was told; null: not yet
    settled_at  INTEGER,                -- when the owner did something about it, or nothing; null: not yet
    UNIQUE (reporter_id, poem_id)
) STRICT;

CREATE INDEX reports_by_poem ON reports (poem_id);
CREATE INDEX reports_waiting ON reports (id) WHERE settled_at IS NULL;

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

CREATE INDEX faults_by_person ON faults (person_id);

-- What is forgotten after a time is found by it.
CREATE INDEX requests_by_time ON requests (asked_at, person_id);
CREATE INDEX additions_by_time ON additions (made_at);
CREATE INDEX reports_by_time ON reports (reported_at);
CREATE INDEX faults_by_time ON faults (happened_at);

-- How much there ever was, however much of it is forgotten by now; of favourites, how many there are.
CREATE TABLE counts (
    name  TEXT PRIMARY KEY,             -- "additions", "favorites", "poems " and a form, or "free"
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO counts SELECT 'additions', count(*) FROM additions;
INSERT INTO counts VALUES ('favorites', 0);
INSERT INTO counts VALUES ('poems free', 0), ('poems 五绝', 0), ('poems 七绝', 0), ('poems 五律', 0), ('poems 七律', 0);
UPDATE counts SET value = (SELECT count(*) FROM poems WHERE 'poems ' || coalesce(form, 'free') = name)
    WHERE name LIKE 'poems %';

CREATE TRIGGER additions_counted AFTER INSERT ON additions BEGIN
    UPDATE counts SET value = value + 1 WHERE name = 'additions';
END;

CREATE TRIGGER poems_counted AFTER INSERT ON poems BEGIN
    UPDATE counts SET value = value + 1 WHERE name = 'poems ' || coalesce(new.form, 'free');
END;

CREATE TRIGGER favorites_counted AFTER INSERT ON favorites BEGIN
    UPDATE counts SET value = value + 1 WHERE name = 'favorites';
END;

CREATE TRIGGER favorites_discounted AFTER DELETE ON favorites BEGIN
    UPDATE counts SET value = value - 1 WHERE name = 'favorites';
END;
