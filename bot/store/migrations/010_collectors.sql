-- Whoever keeps thousands of poems waits for no page: what it is put in order by, and searched in, stands together.

-- The poem's text in each script, without line breaks: a copy, since a text never changes. Beside the others that a
-- person keeps it is read in a row; in the poems each would be looked up somewhere else in the file.
ALTER TABLE favorites ADD COLUMN searched TEXT NOT NULL DEFAULT '';
UPDATE favorites SET searched = (
    SELECT replace(text, char(10), '') || char(10) || replace(coalesce(traditional, ''), char(10), '')
    FROM poems WHERE id = favorites.poem_id
);

-- All that the order of the most loved needs of a poem.
CREATE INDEX poems_loved ON poems (id, loved) WHERE loved > 0;
