-- What was done to values before they were scored.
--
-- A treatment of outliers stands with the thresholds it was fixed with: all NULL where values are left as they are.
ALTER TABLE thresholds ADD COLUMN treatment TEXT
    CHECK (treatment IN ('WINSORISED', 'LOGARITHM', 'MIRRORED_LOGARITHM'));
ALTER TABLE thresholds ADD COLUMN treated_lower REAL;
ALTER TABLE thresholds ADD COLUMN treated_upper REAL;
ALTER TABLE thresholds ADD COLUMN low_points INTEGER;
ALTER TABLE thresholds ADD COLUMN high_points INTEGER;
ALTER TABLE thresholds ADD COLUMN log_origin REAL;

-- The values of the assessed period that nobody delivered, and what each was made of. A table of their own: most
-- catalogs fill nothing, and leaf values are many.
CREATE TABLE imputed_values (
    run INTEGER NOT NULL REFERENCES assessments (run),
    place_id TEXT NOT NULL,
    leaf_at INTEGER NOT NULL,
    method TEXT NOT NULL CHECK (method IN ('GROUP_MEDIAN', 'LAST', 'LINEAR')),
    places INTEGER,                    -- behind a median
    earlier_period TEXT,
    earlier_value REAL,
    later_period TEXT,
    later_value REAL,
    PRIMARY KEY (run, place_id, leaf_at)
) WITHOUT ROWID;
