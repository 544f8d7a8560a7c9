-- Warnings, what was decided about them, and how they turned out; and of how many months a rolled value is made.

CREATE TABLE warnings (
    -- Rises with every warning; of one scan the rarest by chance comes last, so that backwards is the order of reading.
    warning INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    catalog_id TEXT NOT NULL,
    catalog_version TEXT NOT NULL,
    catalog_hash TEXT NOT NULL,
    assessment_id TEXT NOT NULL,
    as_of_position INTEGER NOT NULL,
    created_us INTEGER NOT NULL,
    place_id TEXT NOT NULL,
    leaf TEXT NOT NULL,
    detector TEXT NOT NULL CHECK (detector IN ('POISSON', 'CUSUM', 'EWMA')),
    month TEXT NOT NULL,
    level INTEGER NOT NULL CHECK (level IN (1, 2)),
    town_code TEXT NOT NULL,
    false_alarm_ratio REAL NOT NULL,
    limit_value REAL NOT NULL,
    upward INTEGER NOT NULL,            -- boolean: more is worse
    shown TEXT NOT NULL,                -- JSON of what is never asked for: names, reason, forecast, statements
    state TEXT NOT NULL CHECK (state IN ('NEW', 'ACKNOWLEDGED', 'HANDLED', 'FALSE_ALARM')),
    outcome TEXT CHECK (outcome IN ('HIT', 'MISS')),
    outcome_value REAL,
    UNIQUE (catalog_id, place_id, leaf, detector, month),
    CHECK ((outcome IS NULL) = (outcome_value IS NULL))
);

CREATE INDEX warnings_unjudged ON warnings (catalog_id, month) WHERE outcome IS NULL;

CREATE INDEX warnings_by_month ON warnings (catalog_id, month);

CREATE TABLE warning_decisions (
    warning INTEGER NOT NULL REFERENCES warnings (warning),
    number INTEGER NOT NULL,            -- from 1
    state TEXT NOT NULL CHECK (state IN ('ACKNOWLEDGED', 'HANDLED', 'FALSE_ALARM')),
    author TEXT NOT NULL,
    reason TEXT NOT NULL,
    decided_us INTEGER NOT NULL,
    PRIMARY KEY (warning, number)
) WITHOUT ROWID;

-- Months (or days) of the last twelve months that a value is made of, and how many there are; absent where it was
-- delivered as it is.
ALTER TABLE leaf_values ADD COLUMN rolled_on_record INTEGER;
ALTER TABLE leaf_values ADD COLUMN rolled_window INTEGER;
