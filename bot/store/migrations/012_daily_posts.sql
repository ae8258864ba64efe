-- Poems of the day on their way to their channel: whoever was killed meanwhile sees afterwards whether they came there.
CREATE TABLE daily_posts (
    guild_id   INTEGER PRIMARY KEY,
    channel_id INTEGER NOT NULL,
    day        TEXT NOT NULL,           -- there, as 2026-01-31
    poem_id    INTEGER NOT NULL REFERENCES poems (id) ON DELETE CASCADE,
    begun_at   INTEGER NOT NULL
) STRICT;

CREATE INDEX daily_posts_by_poem ON daily_posts (poem_id);
