-- Weight schemes, what was decided about them, and which one a run weighs with. As on SQLite, where the columns are
-- explained.

ALTER TABLE assessments ADD COLUMN weight_scheme_id TEXT;
ALTER TABLE assessments ADD COLUMN weight_scheme_version TEXT;
ALTER TABLE assessments ADD COLUMN weight_scheme_hash TEXT;

CREATE TABLE weight_schemes (
    scheme BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    hash TEXT NOT NULL,
    catalog_id TEXT COLLATE "C" NOT NULL,
    catalog_version TEXT NOT NULL,
    catalog_hash TEXT COLLATE "C" NOT NULL REFERENCES catalogs (hash),
    types TEXT NOT NULL,
    source_assessment_id TEXT NOT NULL,
    source_digest TEXT NOT NULL,
    steps TEXT NOT NULL,
    account BYTEA NOT NULL,
    author TEXT NOT NULL,
    reason TEXT NOT NULL,
    created_us BIGINT NOT NULL,
    UNIQUE (id, version)
);

CREATE TABLE scheme_weights (
    scheme BIGINT NOT NULL REFERENCES weight_schemes (scheme),
    type_at BIGINT NOT NULL,
    item_at BIGINT NOT NULL,
    weight DOUBLE PRECISION NOT NULL,
    steps TEXT NOT NULL,
    PRIMARY KEY (scheme, type_at, item_at)
);

CREATE TABLE scheme_adoptions (
    adoption BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scheme BIGINT NOT NULL REFERENCES weight_schemes (scheme),
    catalog_id TEXT COLLATE "C" NOT NULL,
    catalog_hash TEXT COLLATE "C" NOT NULL,
    adopted_author TEXT NOT NULL,
    adopted_reason TEXT NOT NULL,
    adopted_us BIGINT NOT NULL,
    withdrawn_author TEXT,
    withdrawn_reason TEXT,
    withdrawn_us BIGINT
);

CREATE INDEX scheme_adoptions_in_force
    ON scheme_adoptions (catalog_id, catalog_hash, adoption) WHERE withdrawn_us IS NULL;

CREATE INDEX scheme_adoptions_by_scheme ON scheme_adoptions (scheme, adoption);
