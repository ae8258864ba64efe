-- Poems that were written before these were known have none of them.

ALTER TABLE poems ADD COLUMN traditional TEXT;                  -- the text in traditional characters, as written
ALTER TABLE poems ADD COLUMN pattern TEXT NOT NULL DEFAULT '';  -- name of the tonal pattern; empty without a form
ALTER TABLE poems ADD COLUMN theme TEXT NOT NULL DEFAULT '';    -- asked for or drawn; empty where there is none
ALTER TABLE poems ADD COLUMN broken TEXT NOT NULL DEFAULT '';   -- given characters that break the pattern
-- Which of its characters, marks not counted, the request gave.
ALTER TABLE poems ADD COLUMN given TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(given));
