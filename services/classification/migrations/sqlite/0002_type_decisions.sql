-- Decisions of people about the type of a place, and the places that want a person's eye.
--
-- `classifications` is made anew: what makes two of them the same is a key of the table, and SQLite changes one in no
-- other way. Its children name it by its name and do not notice.

CREATE TABLE type_decisions (
    -- 1 for the first decision of all, and so on without a gap.
    number INTEGER NOT NULL PRIMARY KEY,
    place_id TEXT NOT NULL,
    rule_set_id TEXT NOT NULL,
    type TEXT,                          -- NULL revokes the decision before
    evidence TEXT NOT NULL,             -- JSON list: what the place showed
    author TEXT NOT NULL,
    reason TEXT NOT NULL,
    position INTEGER NOT NULL,          -- ingestion's newest at the time; never falls as the number rises
    decided_us INTEGER NOT NULL UNIQUE  -- rises with the number
);

-- The history of a place, and the newest about it, are ranges of this.
CREATE INDEX type_decisions_of_place ON type_decisions (place_id, number DESC);

-- What a classification heeds is a range of this.
CREATE INDEX type_decisions_of_rule_set ON type_decisions (rule_set_id, number);

-- The newest decision that was taken at a position or before.
CREATE INDEX type_decisions_by_position ON type_decisions (position DESC, number DESC);

CREATE TABLE classifications_anew (
    -- Rises with every classification: newest first is this column backwards, and child rows name it instead of the id.
    run INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    rule_set_id TEXT NOT NULL,
    rule_set_version TEXT NOT NULL,
    rule_set_hash TEXT NOT NULL,
    as_of_position INTEGER NOT NULL,
    reference_year INTEGER NOT NULL,
    decision_number INTEGER NOT NULL,   -- decisions up to this one were heeded; 0 for none
    code_version TEXT NOT NULL,
    counts TEXT NOT NULL,               -- JSON list in the rule set's order, UNCLASSIFIED last
    created_us INTEGER NOT NULL,
    -- These decide the result, so the same ones again are the same classification.
    UNIQUE (rule_set_id, rule_set_version, as_of_position, reference_year, decision_number, code_version),
    FOREIGN KEY (rule_set_id, rule_set_version) REFERENCES rule_sets (id, version)
);
INSERT INTO classifications_anew
SELECT run, id, rule_set_id, rule_set_version, rule_set_hash, as_of_position, reference_year, 0, code_version, counts,
       created_us
FROM classifications;
DROP TABLE classifications;
ALTER TABLE classifications_anew RENAME TO classifications;

-- The newest decision about the place among those heeded, with what it did: JSON, NULL for none. A copy, so that a
-- classification stays one range; decisions never change.
ALTER TABLE place_classes ADD COLUMN decision TEXT;
-- 1 where a person should look: without a type, with evidence for several, or decided on.
ALTER TABLE place_classes ADD COLUMN in_review INTEGER NOT NULL DEFAULT 0;
UPDATE place_classes SET in_review = 1 WHERE type = 'UNCLASSIFIED' OR json_array_length(type_degrees) > 1;

-- The review list is one range of this.
CREATE INDEX place_classes_in_review ON place_classes (run, place_id) WHERE in_review = 1;
