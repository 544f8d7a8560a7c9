-- What was done to values before they were scored.
--
-- A treatment of outliers stands with the thresholds it was fixed with: all NULL where values are left as they are.
ALTER TABLE thresholds ADD COLUMN treatment TEXT
    CHECK (treatment IN ('WINSORISED', 'LOGARITHM', 'MIRRORED_LOGARITHM'));
ALTER TABLE thresholds ADD COLUMN treated_lower DOUBLE PRECISION;
ALTER TABLE thresholds ADD COLUMN treated_upper DOUBLE PRECISION;
ALTER TABLE thresholds ADD COLUMN low_points BIGINT;
ALTER TABLE thresholds ADD COLUMN high_points BIGINT;
ALTER TABLE thresholds ADD COLUMN log_origin DOUBLE PRECISION;

-- The values of the assessed period that nobody delivered, and what each was made of. A table of their own: most
-- catalogs fill nothing, and leaf values are many.
CREATE TABLE imputed_values (
    run BIGINT NOT NULL REFERENCES assessments (run),
    place_id TEXT COLLATE "C" NOT NULL,
    leaf_at BIGINT NOT NULL,
    method TEXT NOT NULL CHECK (method IN ('GROUP_MEDIAN', 'LAST', 'LINEAR')),
    places BIGINT,                     -- behind a median
    earlier_period TEXT,
    earlier_value DOUBLE PRECISION,
    later_period TEXT,
    later_value DOUBLE PRECISION,
    PRIMARY KEY (run, place_id, leaf_at)
);
