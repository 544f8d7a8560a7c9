-- Rule sets, classifications and what each says of every place: the schema of `migrations/sqlite`, equal in effect. The
-- numbers of these files are those of the SQLite ones, so that "newer" means the same for both databases.
--
-- Nothing here changes once it is committed. Text that is a key compares by bytes. Instants are microseconds since
-- 1970-01-01T00:00:00Z. JSON columns are read and written whole, never searched; `src/store/rows.rs` gives their shape.

CREATE TABLE rule_sets (
    -- Rises with every registration: the newest version of a rule set has the greatest.
    registration BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL,
    version TEXT COLLATE "C" NOT NULL,
    hash TEXT NOT NULL,                 -- SHA-256 of the text, lower-case hexadecimal
    title_zh TEXT NOT NULL,
    title_en TEXT NOT NULL,
    types TEXT NOT NULL,                -- JSON list in the rule set's order
    labels TEXT NOT NULL,               -- JSON list in the rule set's order
    toml TEXT NOT NULL,
    registered_us BIGINT NOT NULL,
    UNIQUE (id, version)
);

-- The list of rule sets, and the newest version of one, are ranges of this.
CREATE UNIQUE INDEX rule_sets_newest ON rule_sets (id, registration DESC);

CREATE TABLE classifications (
    -- Rises with every classification: newest first is this column backwards, and child rows name it instead of the id.
    run BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    rule_set_id TEXT COLLATE "C" NOT NULL,
    rule_set_version TEXT COLLATE "C" NOT NULL,
    rule_set_hash TEXT NOT NULL,
    as_of_position BIGINT NOT NULL,
    reference_year BIGINT NOT NULL,
    code_version TEXT COLLATE "C" NOT NULL,
    counts TEXT NOT NULL,               -- JSON list in the rule set's order, UNCLASSIFIED last
    created_us BIGINT NOT NULL,
    -- These decide the result, so the same ones again are the same classification.
    UNIQUE (rule_set_id, rule_set_version, as_of_position, reference_year, code_version),
    FOREIGN KEY (rule_set_id, rule_set_version) REFERENCES rule_sets (id, version)
);

-- The key begins with the run, so that a classification is one range: read in order, put on one machine, dropped whole.
CREATE TABLE place_classes (
    run BIGINT NOT NULL REFERENCES classifications (run),
    place_id TEXT COLLATE "C" NOT NULL,
    type TEXT COLLATE "C" NOT NULL,     -- a type of the rule set, or UNCLASSIFIED
    reasons TEXT NOT NULL,              -- JSON lists from here on
    evidence TEXT NOT NULL,
    labels TEXT NOT NULL,
    type_degrees TEXT NOT NULL,
    PRIMARY KEY (run, place_id)
);

-- The review list, and any other list of one type, is one range of this.
CREATE INDEX place_classes_by_type ON place_classes (run, type, place_id);

-- Answers already given, by the caller's request id (invariant 8): the name of what was made or found.
CREATE TABLE requests (
    request_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    fingerprint BYTEA NOT NULL,
    answer BIGINT NOT NULL              -- a registration or a run, as the fingerprinted request asks for
);
