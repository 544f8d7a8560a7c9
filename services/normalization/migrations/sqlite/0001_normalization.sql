-- Catalogs and threshold sets.
--
-- Positions instead of names: `type_at` is a position in the set's types, `leaf_at` a leaf position of its catalog. So
-- the rule set's order and catalog order are key order. Text compares by bytes (BINARY, SQLite's default). Instants are
-- microseconds since 1970-01-01T00:00:00Z. The key of every table of a set begins with the set. WITHOUT ROWID: the rows
-- lie in the order of their key, and a page is one range. Nothing here is ever updated.

CREATE TABLE catalogs (
    -- Rises with every registration: the newest version of a catalog is its greatest number.
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    version TEXT NOT NULL,
    title_zh TEXT NOT NULL,
    title_en TEXT NOT NULL,
    hash TEXT NOT NULL,
    scale REAL NOT NULL,
    rule_set TEXT NOT NULL,             -- empty for none
    registered_us INTEGER NOT NULL,
    toml TEXT NOT NULL,
    UNIQUE (id, version)
);

CREATE INDEX catalogs_by_id ON catalogs (id, number DESC);

CREATE TABLE threshold_sets (
    -- Rises with every set: newest first is this column backwards, and child rows name it instead of the id.
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    catalog_id TEXT NOT NULL,
    catalog_version TEXT NOT NULL,
    catalog_hash TEXT NOT NULL,
    classification_id TEXT NOT NULL,
    period TEXT NOT NULL,
    base_periods TEXT NOT NULL,         -- JSON list, earliest first
    as_of_position INTEGER NOT NULL,
    sample TEXT NOT NULL CHECK (sample IN ('RANDOM', 'CENSUS', 'MEMBERS')),
    seed TEXT,                          -- decimal digits: a seed may exceed a signed integer
    created_us INTEGER NOT NULL,
    FOREIGN KEY (catalog_id, catalog_version) REFERENCES catalogs (id, version),
    CHECK ((sample = 'RANDOM') = (seed IS NOT NULL))
);

CREATE TABLE set_types (
    set_number INTEGER NOT NULL REFERENCES threshold_sets (number),
    type_at INTEGER NOT NULL,
    type_id TEXT NOT NULL,
    frame INTEGER NOT NULL,
    members INTEGER NOT NULL,
    PRIMARY KEY (set_number, type_at)
) WITHOUT ROWID;

CREATE TABLE sample_members (
    set_number INTEGER NOT NULL REFERENCES threshold_sets (number),
    type_at INTEGER NOT NULL,
    place_id TEXT NOT NULL,
    PRIMARY KEY (set_number, type_at, place_id)
) WITHOUT ROWID;

CREATE TABLE thresholds (
    set_number INTEGER NOT NULL REFERENCES threshold_sets (number),
    type_at INTEGER NOT NULL,
    leaf_at INTEGER NOT NULL,
    leaf TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('OK', 'DEGENERATE', 'NO_DATA')),
    lower REAL,
    upper REAL,
    base_values INTEGER NOT NULL,
    short_base_values INTEGER NOT NULL,
    PRIMARY KEY (set_number, type_at, leaf_at),
    CHECK ((status = 'OK') = (lower IS NOT NULL AND upper IS NOT NULL))
) WITHOUT ROWID;

-- Answers already given, by the caller's request id (invariant 8).
CREATE TABLE requests (
    request_id TEXT NOT NULL PRIMARY KEY,
    fingerprint BLOB NOT NULL,
    response BLOB NOT NULL
) WITHOUT ROWID;
