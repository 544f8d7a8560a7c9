-- Warnings, what was decided about them, and how they turned out; and of how many months a rolled value is made. What
-- the columns mean is said on the SQLite side.

CREATE TABLE warnings (
    warning BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    catalog_id TEXT COLLATE "C" NOT NULL,
    catalog_version TEXT NOT NULL,
    catalog_hash TEXT NOT NULL,
    assessment_id TEXT COLLATE "C" NOT NULL,
    as_of_position BIGINT NOT NULL,
    created_us BIGINT NOT NULL,
    place_id TEXT COLLATE "C" NOT NULL,
    leaf TEXT COLLATE "C" NOT NULL,
    detector TEXT COLLATE "C" NOT NULL CHECK (detector IN ('POISSON', 'CUSUM', 'EWMA')),
    month TEXT COLLATE "C" NOT NULL,
    level BIGINT NOT NULL CHECK (level IN (1, 2)),
    town_code TEXT COLLATE "C" NOT NULL,
    false_alarm_ratio DOUBLE PRECISION NOT NULL,
    limit_value DOUBLE PRECISION NOT NULL,
    upward BOOLEAN NOT NULL,
    shown TEXT NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('NEW', 'ACKNOWLEDGED', 'HANDLED', 'FALSE_ALARM')),
    outcome TEXT COLLATE "C" CHECK (outcome IN ('HIT', 'MISS')),
    outcome_value DOUBLE PRECISION,
    UNIQUE (catalog_id, place_id, leaf, detector, month),
    CHECK ((outcome IS NULL) = (outcome_value IS NULL))
);

CREATE INDEX warnings_unjudged ON warnings (catalog_id, month) WHERE outcome IS NULL;

CREATE INDEX warnings_by_month ON warnings (catalog_id, month);

CREATE TABLE warning_decisions (
    warning BIGINT NOT NULL REFERENCES warnings (warning),
    number BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL CHECK (state IN ('ACKNOWLEDGED', 'HANDLED', 'FALSE_ALARM')),
    author TEXT NOT NULL,
    reason TEXT NOT NULL,
    decided_us BIGINT NOT NULL,
    PRIMARY KEY (warning, number)
);

ALTER TABLE leaf_values ADD COLUMN rolled_on_record BIGINT;
ALTER TABLE leaf_values ADD COLUMN rolled_window BIGINT;
