-- Weight schemes, what was decided about them, and which one a run weighs with.

ALTER TABLE assessments ADD COLUMN weight_scheme_id TEXT;
ALTER TABLE assessments ADD COLUMN weight_scheme_version TEXT;
ALTER TABLE assessments ADD COLUMN weight_scheme_hash TEXT;

CREATE TABLE weight_schemes (
    -- Rises with every scheme: newest first is this column backwards, and other rows name it instead of id and version.
    scheme INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    hash TEXT NOT NULL,
    catalog_id TEXT NOT NULL,
    catalog_version TEXT NOT NULL,
    catalog_hash TEXT NOT NULL REFERENCES catalogs (hash),
    types TEXT NOT NULL,                -- JSON list in the rule set's order, without UNCLASSIFIED
    source_assessment_id TEXT NOT NULL,
    source_digest TEXT NOT NULL,
    steps TEXT NOT NULL,                -- JSON list: the columns of `scheme_weights.steps`
    account BLOB NOT NULL,              -- choices, judgements and report, as readers get them
    author TEXT NOT NULL,
    reason TEXT NOT NULL,
    created_us INTEGER NOT NULL,
    UNIQUE (id, version)
);

CREATE TABLE scheme_weights (
    scheme INTEGER NOT NULL REFERENCES weight_schemes (scheme),
    type_at INTEGER NOT NULL,
    item_at INTEGER NOT NULL,
    weight REAL NOT NULL,
    steps TEXT NOT NULL,                -- JSON list: points at each step before the last
    PRIMARY KEY (scheme, type_at, item_at)
) WITHOUT ROWID;

-- Of the adoptions of one catalog that stand, the last is in force.
CREATE TABLE scheme_adoptions (
    adoption INTEGER PRIMARY KEY AUTOINCREMENT,
    scheme INTEGER NOT NULL REFERENCES weight_schemes (scheme),
    catalog_id TEXT NOT NULL,
    catalog_hash TEXT NOT NULL,
    adopted_author TEXT NOT NULL,
    adopted_reason TEXT NOT NULL,
    adopted_us INTEGER NOT NULL,
    withdrawn_author TEXT,
    withdrawn_reason TEXT,
    withdrawn_us INTEGER
);

CREATE INDEX scheme_adoptions_in_force
    ON scheme_adoptions (catalog_id, catalog_hash, adoption) WHERE withdrawn_us IS NULL;

CREATE INDEX scheme_adoptions_by_scheme ON scheme_adoptions (scheme, adoption);
