-- Analyses of uncertainty; what the columns mean is said on the SQLite side.

CREATE TABLE uncertainty_analyses (
    analysis BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run BIGINT NOT NULL REFERENCES assessments (run),
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    seed TEXT NOT NULL,
    draws BIGINT NOT NULL,
    sobol_rows BIGINT NOT NULL,
    factors TEXT NOT NULL,
    left_out_factors TEXT NOT NULL,
    digest TEXT NOT NULL,
    code_version TEXT NOT NULL,
    created_us BIGINT NOT NULL
);

CREATE UNIQUE INDEX uncertainty_analyses_by_run ON uncertainty_analyses (run, analysis);

CREATE TABLE uncertainty_draws (
    run BIGINT NOT NULL REFERENCES assessments (run),
    analysis BIGINT NOT NULL REFERENCES uncertainty_analyses (analysis),
    draw BIGINT NOT NULL,
    settings TEXT NOT NULL,
    PRIMARY KEY (run, analysis, draw)
);

CREATE TABLE rank_intervals (
    run BIGINT NOT NULL REFERENCES assessments (run),
    analysis BIGINT NOT NULL REFERENCES uncertainty_analyses (analysis),
    type_at BIGINT NOT NULL,
    node_at BIGINT NOT NULL,
    rank BIGINT NOT NULL,
    place_id TEXT COLLATE "C" NOT NULL,
    low DOUBLE PRECISION NOT NULL,
    median DOUBLE PRECISION NOT NULL,
    high DOUBLE PRECISION NOT NULL,
    top_tenth_ratio DOUBLE PRECISION NOT NULL,
    scored BIGINT NOT NULL,
    tier BIGINT,
    PRIMARY KEY (run, analysis, type_at, node_at, rank, place_id)
);

CREATE UNIQUE INDEX rank_intervals_by_place ON rank_intervals (run, analysis, place_id, node_at);

CREATE TABLE rank_tiers (
    run BIGINT NOT NULL REFERENCES assessments (run),
    analysis BIGINT NOT NULL REFERENCES uncertainty_analyses (analysis),
    type_at BIGINT NOT NULL,
    node_at BIGINT NOT NULL,
    tier BIGINT NOT NULL,
    first_rank BIGINT NOT NULL,
    last_rank BIGINT NOT NULL,
    places BIGINT NOT NULL,
    PRIMARY KEY (run, analysis, type_at, node_at, tier)
);

CREATE TABLE sensitivities (
    run BIGINT NOT NULL REFERENCES assessments (run),
    analysis BIGINT NOT NULL REFERENCES uncertainty_analyses (analysis),
    type_at BIGINT NOT NULL,
    factor_at BIGINT NOT NULL,
    mean_shift DOUBLE PRECISION NOT NULL,
    variance DOUBLE PRECISION NOT NULL,
    first_order DOUBLE PRECISION NOT NULL,
    first_order_low DOUBLE PRECISION NOT NULL,
    first_order_high DOUBLE PRECISION NOT NULL,
    total DOUBLE PRECISION NOT NULL,
    total_low DOUBLE PRECISION NOT NULL,
    total_high DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (run, analysis, type_at, factor_at)
);

CREATE TABLE leave_one_out (
    run BIGINT NOT NULL REFERENCES assessments (run),
    analysis BIGINT NOT NULL REFERENCES uncertainty_analyses (analysis),
    type_at BIGINT NOT NULL,
    item_at BIGINT NOT NULL,
    mean_shift DOUBLE PRECISION NOT NULL,
    greatest_shift BIGINT NOT NULL,
    place_id TEXT COLLATE "C",
    compared BIGINT NOT NULL,
    lost BIGINT NOT NULL,
    PRIMARY KEY (run, analysis, type_at, item_at)
);
