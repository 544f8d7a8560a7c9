-- What is done to values before they are rescaled, fixed with the thresholds: all NULL where nothing is.
--
-- WINSORISED has a limit at least, and how many sampled base values lie beyond each; a logarithm has its origin.
ALTER TABLE thresholds ADD COLUMN treatment TEXT
    CHECK (treatment IN ('WINSORISED', 'LOGARITHM', 'MIRRORED_LOGARITHM'));
ALTER TABLE thresholds ADD COLUMN treated_lower REAL;
ALTER TABLE thresholds ADD COLUMN treated_upper REAL;
ALTER TABLE thresholds ADD COLUMN low_points INTEGER;
ALTER TABLE thresholds ADD COLUMN high_points INTEGER;
ALTER TABLE thresholds ADD COLUMN log_origin REAL;
