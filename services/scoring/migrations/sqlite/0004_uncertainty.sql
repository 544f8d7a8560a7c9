-- Analyses of uncertainty. The key of every table begins with the run, as those of results do.

CREATE TABLE uncertainty_analyses (
    -- Rises with every analysis: the newest of a run is its greatest.
    analysis INTEGER PRIMARY KEY AUTOINCREMENT,
    run INTEGER NOT NULL REFERENCES assessments (run),
    id TEXT NOT NULL UNIQUE,
    seed TEXT NOT NULL,                 -- decimal digits: 64 bits without a sign
    draws INTEGER NOT NULL,
    sobol_rows INTEGER NOT NULL,        -- 0 without Sobol indices
    factors TEXT NOT NULL,              -- JSON list: each factor and in how many runs it was applied
    left_out_factors TEXT NOT NULL,     -- JSON list
    digest TEXT NOT NULL,
    code_version TEXT NOT NULL,
    created_us INTEGER NOT NULL
);

CREATE UNIQUE INDEX uncertainty_analyses_by_run ON uncertainty_analyses (run, analysis);

-- The settings of each draw.
CREATE TABLE uncertainty_draws (
    run INTEGER NOT NULL REFERENCES assessments (run),
    analysis INTEGER NOT NULL REFERENCES uncertainty_analyses (analysis),
    draw INTEGER NOT NULL,
    settings TEXT NOT NULL,
    PRIMARY KEY (run, analysis, draw)
) WITHOUT ROWID;

-- In the order of a ranking, so that the intervals beside one of its pages are one range.
CREATE TABLE rank_intervals (
    run INTEGER NOT NULL REFERENCES assessments (run),
    analysis INTEGER NOT NULL REFERENCES uncertainty_analyses (analysis),
    type_at INTEGER NOT NULL,
    node_at INTEGER NOT NULL,
    rank INTEGER NOT NULL,              -- 0 for a place that only some draws rank
    place_id TEXT NOT NULL,
    low REAL NOT NULL,
    median REAL NOT NULL,
    high REAL NOT NULL,
    top_tenth_ratio REAL NOT NULL,
    scored INTEGER NOT NULL,            -- draws with a score
    tier INTEGER,
    PRIMARY KEY (run, analysis, type_at, node_at, rank, place_id)
) WITHOUT ROWID;

CREATE UNIQUE INDEX rank_intervals_by_place ON rank_intervals (run, analysis, place_id, node_at);

-- Groups of places that cannot be told apart.
CREATE TABLE rank_tiers (
    run INTEGER NOT NULL REFERENCES assessments (run),
    analysis INTEGER NOT NULL REFERENCES uncertainty_analyses (analysis),
    type_at INTEGER NOT NULL,
    node_at INTEGER NOT NULL,
    tier INTEGER NOT NULL,
    first_rank INTEGER NOT NULL,
    last_rank INTEGER NOT NULL,
    places INTEGER NOT NULL,
    PRIMARY KEY (run, analysis, type_at, node_at, tier)
) WITHOUT ROWID;

-- `type_at` one beyond the last type means all types together, here and below.
CREATE TABLE sensitivities (
    run INTEGER NOT NULL REFERENCES assessments (run),
    analysis INTEGER NOT NULL REFERENCES uncertainty_analyses (analysis),
    type_at INTEGER NOT NULL,
    factor_at INTEGER NOT NULL,         -- position in the factors of the analysis
    mean_shift REAL NOT NULL,
    variance REAL NOT NULL,
    first_order REAL NOT NULL,
    first_order_low REAL NOT NULL,
    first_order_high REAL NOT NULL,
    total REAL NOT NULL,
    total_low REAL NOT NULL,
    total_high REAL NOT NULL,
    PRIMARY KEY (run, analysis, type_at, factor_at)
) WITHOUT ROWID;

CREATE TABLE leave_one_out (
    run INTEGER NOT NULL REFERENCES assessments (run),
    analysis INTEGER NOT NULL REFERENCES uncertainty_analyses (analysis),
    type_at INTEGER NOT NULL,
    item_at INTEGER NOT NULL,
    mean_shift REAL NOT NULL,
    greatest_shift INTEGER NOT NULL,
    place_id TEXT,                      -- NULL where no place moves
    compared INTEGER NOT NULL,
    lost INTEGER NOT NULL,
    PRIMARY KEY (run, analysis, type_at, item_at)
) WITHOUT ROWID;
