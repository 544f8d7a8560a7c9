-- Decisions of people about the type of a place, and the places that want a person's eye: the schema of
-- `migrations/sqlite`, equal in effect.

CREATE TABLE type_decisions (
    -- 1 for the first decision of all, and so on without a gap.
    number BIGINT NOT NULL PRIMARY KEY,
    place_id TEXT COLLATE "C" NOT NULL,
    rule_set_id TEXT COLLATE "C" NOT NULL,
    type TEXT,                          -- NULL revokes the decision before
    evidence TEXT NOT NULL,             -- JSON list: what the place showed
    author TEXT NOT NULL,
    reason TEXT NOT NULL,
    position BIGINT NOT NULL,           -- ingestion's newest at the time; never falls as the number rises
    decided_us BIGINT NOT NULL UNIQUE   -- rises with the number
);

-- The history of a place, and the newest about it, are ranges of this.
CREATE INDEX type_decisions_of_place ON type_decisions (place_id, number DESC);

-- What a classification heeds is a range of this.
CREATE INDEX type_decisions_of_rule_set ON type_decisions (rule_set_id, number);

-- The newest decision that was taken at a position or before.
CREATE INDEX type_decisions_by_position ON type_decisions (position DESC, number DESC);

-- Decisions up to this one were heeded; 0 for none. It decides the result as the other inputs do.
ALTER TABLE classifications ADD COLUMN decision_number BIGINT NOT NULL DEFAULT 0;
ALTER TABLE classifications ALTER COLUMN decision_number DROP DEFAULT;
ALTER TABLE classifications DROP CONSTRAINT classifications_rule_set_id_rule_set_version_as_of_position_key;
ALTER TABLE classifications ADD CONSTRAINT classifications_inputs_key
    UNIQUE (rule_set_id, rule_set_version, as_of_position, reference_year, decision_number, code_version);

-- The newest decision about the place among those heeded, with what it did: JSON, NULL for none. A copy, so that a
-- classification stays one range; decisions never change.
ALTER TABLE place_classes ADD COLUMN decision TEXT;
-- 1 where a person should look: without a type, with evidence for several, or decided on.
ALTER TABLE place_classes ADD COLUMN in_review BIGINT NOT NULL DEFAULT 0;
UPDATE place_classes SET in_review = 1 WHERE type = 'UNCLASSIFIED' OR json_array_length(type_degrees::json) > 1;

-- The review list is one range of this.
CREATE INDEX place_classes_in_review ON place_classes (run, place_id) WHERE in_review = 1;
