-- Assessments and their results.
--
-- Positions instead of names: `type_at` is a position in the assessment's `types`, `node_at` and `leaf_at` are node and
-- leaf positions of its catalog, `item_at` a position among all items. So catalog order is key order, and the rows
-- stay narrow. Text compares by bytes (BINARY, SQLite's default). Instants are microseconds since 1970-01-01T00:00:00Z.
-- The key of every table of results begins with the run, so that a run can be put on one machine, read as one range and
-- dropped as one range. WITHOUT ROWID: the rows lie in the order of their key, and a page is one range.

CREATE TABLE catalogs (
    hash TEXT NOT NULL PRIMARY KEY,
    toml TEXT NOT NULL
);

CREATE TABLE assessments (
    -- Rises with every assessment: newest first is this column backwards, and child rows name it instead of the id.
    run INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK (state IN ('PENDING', 'RUNNING', 'SUCCEEDED', 'FAILED')),
    progress_ratio REAL NOT NULL DEFAULT 0,
    created_us INTEGER NOT NULL,
    finished_us INTEGER,
    -- The plan: never changes.
    period TEXT NOT NULL,
    as_of_position INTEGER NOT NULL,
    classification_id TEXT NOT NULL,
    rule_set_id TEXT NOT NULL,
    rule_set_version TEXT NOT NULL,
    rule_set_hash TEXT NOT NULL,
    types TEXT NOT NULL,                -- JSON list in the rule set's order, without UNCLASSIFIED
    threshold_set_id TEXT NOT NULL,
    threshold_set_classification_id TEXT NOT NULL,
    base_periods TEXT NOT NULL,         -- JSON list, earliest first
    threshold_set_position INTEGER NOT NULL,
    catalog_id TEXT NOT NULL,
    catalog_version TEXT NOT NULL,
    catalog_hash TEXT NOT NULL REFERENCES catalogs (hash),
    scale REAL NOT NULL,
    -- Set when SUCCEEDED.
    digest TEXT,
    code_version TEXT,
    type_summaries TEXT,                -- JSON list, UNCLASSIFIED last
    places_without_households INTEGER,
    -- Set when FAILED.
    failure_zh TEXT,
    failure_en TEXT,
    CHECK ((state = 'SUCCEEDED') = (digest IS NOT NULL)),
    CHECK ((state = 'FAILED') = (failure_en IS NOT NULL))
);

-- What a worker looks for: the oldest that waits, whatever the number of those that are over.
CREATE INDEX assessments_by_state ON assessments (state, run);

-- Answers already given, by the caller's request id (invariant 8).
CREATE TABLE requests (
    request_id TEXT NOT NULL PRIMARY KEY,
    fingerprint BLOB NOT NULL,
    response BLOB NOT NULL
) WITHOUT ROWID;

-- The places as the run saw them.
CREATE TABLE places (
    run INTEGER NOT NULL REFERENCES assessments (run),
    place_id TEXT NOT NULL,
    type_at INTEGER,                    -- NULL where unclassified
    name TEXT NOT NULL,
    town_code TEXT NOT NULL,
    town_name TEXT NOT NULL,
    committee TEXT NOT NULL,
    district_code TEXT NOT NULL,
    district_name TEXT NOT NULL,
    households INTEGER,
    sampled INTEGER NOT NULL,           -- boolean
    PRIMARY KEY (run, place_id)
) WITHOUT ROWID;

-- The key is the order of a ranking: within one type and node the scored places by rank, then id, then those without a
-- score. A page is an index range read.
CREATE TABLE node_scores (
    run INTEGER NOT NULL REFERENCES assessments (run),
    type_at INTEGER NOT NULL,           -- one beyond the last type where unclassified
    node_at INTEGER NOT NULL,
    unscored INTEGER NOT NULL,          -- boolean
    rank INTEGER NOT NULL,              -- 0 without a score
    place_id TEXT NOT NULL,
    score REAL,
    coverage_ratio REAL NOT NULL,
    percentile REAL,
    absence TEXT,
    PRIMARY KEY (run, type_at, node_at, unscored, rank, place_id)
) WITHOUT ROWID;

-- All nodes of one place, and all places one after another.
CREATE UNIQUE INDEX node_scores_by_place ON node_scores (run, place_id, node_at);

-- Values of the assessed period. A derived leaf keeps the two scores its value is the difference of, even where one of
-- them is missing and the value with it.
CREATE TABLE leaf_values (
    run INTEGER NOT NULL REFERENCES assessments (run),
    place_id TEXT NOT NULL,
    leaf_at INTEGER NOT NULL,
    derived INTEGER NOT NULL,           -- boolean
    value REAL,
    z_uncapped REAL,
    z REAL,
    previous_score REAL,
    current_score REAL,
    PRIMARY KEY (run, place_id, leaf_at)
) WITHOUT ROWID;

CREATE TABLE thresholds (
    run INTEGER NOT NULL REFERENCES assessments (run),
    type_at INTEGER NOT NULL,
    leaf_at INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('OK', 'DEGENERATE', 'NO_DATA')),
    lower REAL,
    upper REAL,
    sample_size INTEGER NOT NULL,
    median_z REAL,                      -- of the places of the type in the assessed period
    PRIMARY KEY (run, type_at, leaf_at)
) WITHOUT ROWID;

CREATE TABLE weights (
    run INTEGER NOT NULL REFERENCES assessments (run),
    type_at INTEGER NOT NULL,
    item_at INTEGER NOT NULL,
    catalog_weight REAL NOT NULL,
    weight REAL NOT NULL,
    PRIMARY KEY (run, type_at, item_at)
) WITHOUT ROWID;

-- `type_at` one beyond the last type means all types together.
CREATE TABLE group_scores (
    run INTEGER NOT NULL REFERENCES assessments (run),
    level INTEGER NOT NULL CHECK (level IN (1, 2, 3)),  -- committee, town, district
    code TEXT NOT NULL,
    type_at INTEGER NOT NULL,
    node_at INTEGER NOT NULL,
    name TEXT NOT NULL,
    score REAL,
    places INTEGER NOT NULL,
    household_share_ratio REAL NOT NULL,
    rank INTEGER,
    PRIMARY KEY (run, level, code, type_at, node_at)
) WITHOUT ROWID;
