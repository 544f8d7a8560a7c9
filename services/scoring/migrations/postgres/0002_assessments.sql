-- Assessments and their results, as of version 2. Numbers are those of the SQLite side, so that both databases know
-- what "newer" means; what the columns mean is said there.
--
-- Text that is a key compares by bytes: COLLATE "C". Instants are microseconds since 1970-01-01T00:00:00Z.

CREATE TABLE catalogs (
    hash TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    toml TEXT NOT NULL
);

CREATE TABLE assessments (
    run BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    state TEXT COLLATE "C" NOT NULL CHECK (
        state IN ('PENDING', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED', 'PUBLISHED', 'WITHDRAWN')
    ),
    progress_ratio DOUBLE PRECISION NOT NULL DEFAULT 0,
    created_us BIGINT NOT NULL,
    finished_us BIGINT,
    worker TEXT COLLATE "C",
    attempts BIGINT NOT NULL DEFAULT 0,
    due_us BIGINT,
    period TEXT COLLATE "C" NOT NULL,
    as_of_position BIGINT NOT NULL,
    classification_id TEXT COLLATE "C" NOT NULL,
    rule_set_id TEXT NOT NULL,
    rule_set_version TEXT NOT NULL,
    rule_set_hash TEXT NOT NULL,
    types TEXT NOT NULL,
    threshold_set_id TEXT COLLATE "C" NOT NULL,
    threshold_set_classification_id TEXT COLLATE "C" NOT NULL,
    base_periods TEXT NOT NULL,
    threshold_set_position BIGINT NOT NULL,
    catalog_id TEXT COLLATE "C" NOT NULL,
    catalog_version TEXT NOT NULL,
    catalog_hash TEXT COLLATE "C" NOT NULL REFERENCES catalogs (hash),
    scale DOUBLE PRECISION NOT NULL,
    digest TEXT,
    code_version TEXT,
    type_summaries TEXT,
    places_without_households BIGINT,
    failure_zh TEXT,
    failure_en TEXT,
    cancelled_author TEXT,
    cancelled_reason TEXT,
    cancelled_us BIGINT,
    publication BIGINT,
    published_author TEXT,
    published_reason TEXT,
    published_us BIGINT,
    withdrawn_author TEXT,
    withdrawn_reason TEXT,
    withdrawn_us BIGINT,
    CHECK ((state IN ('PENDING', 'RUNNING')) = (due_us IS NOT NULL)),
    CHECK ((state = 'RUNNING') = (worker IS NOT NULL)),
    CHECK ((state IN ('SUCCEEDED', 'PUBLISHED', 'WITHDRAWN')) = (digest IS NOT NULL)),
    CHECK ((state = 'FAILED') = (failure_en IS NOT NULL)),
    CHECK ((state = 'CANCELLED') = (cancelled_us IS NOT NULL)),
    CHECK ((state IN ('PUBLISHED', 'WITHDRAWN')) = (published_us IS NOT NULL)),
    CHECK ((published_us IS NULL) = (publication IS NULL)),
    CHECK ((state = 'WITHDRAWN') = (withdrawn_us IS NOT NULL))
);

CREATE INDEX assessments_open ON assessments (run) WHERE state IN ('PENDING', 'RUNNING');

CREATE UNIQUE INDEX assessments_published ON assessments (catalog_id, period, publication);

CREATE TABLE requests (
    request_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    fingerprint BYTEA NOT NULL,
    response BYTEA NOT NULL
);

CREATE TABLE places (
    run BIGINT NOT NULL REFERENCES assessments (run),
    place_id TEXT COLLATE "C" NOT NULL,
    type_at BIGINT,
    name TEXT NOT NULL,
    town_code TEXT COLLATE "C" NOT NULL,
    town_name TEXT NOT NULL,
    committee TEXT NOT NULL,
    district_code TEXT COLLATE "C" NOT NULL,
    district_name TEXT NOT NULL,
    households BIGINT,
    sampled BOOLEAN NOT NULL,
    PRIMARY KEY (run, place_id)
);

CREATE TABLE node_scores (
    run BIGINT NOT NULL REFERENCES assessments (run),
    type_at BIGINT NOT NULL,
    node_at BIGINT NOT NULL,
    unscored BOOLEAN NOT NULL,
    rank BIGINT NOT NULL,
    place_id TEXT COLLATE "C" NOT NULL,
    score DOUBLE PRECISION,
    coverage_ratio DOUBLE PRECISION NOT NULL,
    percentile DOUBLE PRECISION,
    absence TEXT,
    PRIMARY KEY (run, type_at, node_at, unscored, rank, place_id)
);

CREATE UNIQUE INDEX node_scores_by_place ON node_scores (run, place_id, node_at);

CREATE TABLE leaf_values (
    run BIGINT NOT NULL REFERENCES assessments (run),
    place_id TEXT COLLATE "C" NOT NULL,
    leaf_at BIGINT NOT NULL,
    derived BOOLEAN NOT NULL,
    value DOUBLE PRECISION,
    z_uncapped DOUBLE PRECISION,
    z DOUBLE PRECISION,
    previous_score DOUBLE PRECISION,
    current_score DOUBLE PRECISION,
    PRIMARY KEY (run, place_id, leaf_at)
);

CREATE TABLE thresholds (
    run BIGINT NOT NULL REFERENCES assessments (run),
    type_at BIGINT NOT NULL,
    leaf_at BIGINT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('OK', 'DEGENERATE', 'NO_DATA')),
    lower DOUBLE PRECISION,
    upper DOUBLE PRECISION,
    sample_size BIGINT NOT NULL,
    median_z DOUBLE PRECISION,
    PRIMARY KEY (run, type_at, leaf_at)
);

CREATE TABLE weights (
    run BIGINT NOT NULL REFERENCES assessments (run),
    type_at BIGINT NOT NULL,
    item_at BIGINT NOT NULL,
    catalog_weight DOUBLE PRECISION NOT NULL,
    weight DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (run, type_at, item_at)
);

CREATE TABLE group_scores (
    run BIGINT NOT NULL REFERENCES assessments (run),
    level BIGINT NOT NULL CHECK (level IN (1, 2, 3)),
    code TEXT COLLATE "C" NOT NULL,
    type_at BIGINT NOT NULL,
    node_at BIGINT NOT NULL,
    name TEXT NOT NULL,
    score DOUBLE PRECISION,
    places BIGINT NOT NULL,
    household_share_ratio DOUBLE PRECISION NOT NULL,
    rank BIGINT,
    PRIMARY KEY (run, level, code, type_at, node_at)
);
