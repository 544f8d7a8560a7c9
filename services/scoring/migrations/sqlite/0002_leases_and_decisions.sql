-- Runs that survive their worker, and decisions about them.
--
-- `assessments` is made anew: its states are a check, and SQLite changes a check in no other way. Its children name it
-- by its name and do not notice.

CREATE TABLE assessments_2 (
    -- Rises with every assessment: newest first is this column backwards, and child rows name it instead of the id.
    run INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK (
        state IN ('PENDING', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED', 'PUBLISHED', 'WITHDRAWN')
    ),
    progress_ratio REAL NOT NULL DEFAULT 0,
    created_us INTEGER NOT NULL,
    finished_us INTEGER,
    -- The lease: the process that works on it, how often one has begun it, and from when on another may take it. While
    -- PENDING that is the end of the wait after a passing failure (0 without one), while RUNNING the end of the lease.
    worker TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    due_us INTEGER,
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
    -- Set with results.
    digest TEXT,
    code_version TEXT,
    type_summaries TEXT,                -- JSON list, UNCLASSIFIED last
    places_without_households INTEGER,
    -- Set when FAILED.
    failure_zh TEXT,
    failure_en TEXT,
    -- Set when CANCELLED.
    cancelled_author TEXT,
    cancelled_reason TEXT,
    cancelled_us INTEGER,
    -- Set when PUBLISHED, and stay when WITHDRAWN. `publication` rises within one catalog and period: of those
    -- PUBLISHED the last is in force, whatever the clocks of two processes said.
    publication INTEGER,
    published_author TEXT,
    published_reason TEXT,
    published_us INTEGER,
    -- Set when WITHDRAWN.
    withdrawn_author TEXT,
    withdrawn_reason TEXT,
    withdrawn_us INTEGER,
    CHECK ((state IN ('PENDING', 'RUNNING')) = (due_us IS NOT NULL)),
    CHECK ((state = 'RUNNING') = (worker IS NOT NULL)),
    CHECK ((state IN ('SUCCEEDED', 'PUBLISHED', 'WITHDRAWN')) = (digest IS NOT NULL)),
    CHECK ((state = 'FAILED') = (failure_en IS NOT NULL)),
    CHECK ((state = 'CANCELLED') = (cancelled_us IS NOT NULL)),
    CHECK ((state IN ('PUBLISHED', 'WITHDRAWN')) = (published_us IS NOT NULL)),
    CHECK ((published_us IS NULL) = (publication IS NULL)),
    CHECK ((state = 'WITHDRAWN') = (withdrawn_us IS NOT NULL))
);

-- What the version before was at, nobody is at any more: it waits again.
INSERT INTO assessments_2 (
    run, id, state, progress_ratio, created_us, finished_us, attempts, due_us, period, as_of_position,
    classification_id, rule_set_id, rule_set_version, rule_set_hash, types, threshold_set_id,
    threshold_set_classification_id, base_periods, threshold_set_position, catalog_id, catalog_version, catalog_hash,
    scale, digest, code_version, type_summaries, places_without_households, failure_zh, failure_en
)
SELECT
    run, id,
    CASE state WHEN 'RUNNING' THEN 'PENDING' ELSE state END,
    CASE state WHEN 'RUNNING' THEN 0 ELSE progress_ratio END,
    created_us, finished_us,
    CASE state WHEN 'PENDING' THEN 0 ELSE 1 END,
    CASE WHEN state IN ('PENDING', 'RUNNING') THEN 0 END,
    period, as_of_position, classification_id, rule_set_id, rule_set_version, rule_set_hash, types, threshold_set_id,
    threshold_set_classification_id, base_periods, threshold_set_position, catalog_id, catalog_version, catalog_hash,
    scale, digest, code_version, type_summaries, places_without_households, failure_zh, failure_en
FROM assessments;

DROP TABLE assessments;
ALTER TABLE assessments_2 RENAME TO assessments;

-- What a worker looks for: the oldest that may be taken, whatever the number of those that are over.
CREATE INDEX assessments_open ON assessments (run) WHERE state IN ('PENDING', 'RUNNING');

-- What is in force for a catalog and period.
CREATE UNIQUE INDEX assessments_published ON assessments (catalog_id, period, publication);
