-- Catalogs and threshold sets: the schema of `migrations/sqlite`, equal in effect. The numbers of these files are those
-- of the SQLite ones, so that "newer" means the same for both databases.
--
-- Positions instead of names: `type_at` is a position in the set's types, `leaf_at` a leaf position of its catalog. So
-- the rule set's order and catalog order are key order. Text that is a key compares by bytes. Instants are microseconds
-- since 1970-01-01T00:00:00Z. The key of every table of a set begins with the set, so that a page is one range of it.
-- Nothing here is ever updated.

CREATE TABLE catalogs (
    -- Rises with every registration: the newest version of a catalog is its greatest number.
    number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL,
    version TEXT COLLATE "C" NOT NULL,
    title_zh TEXT NOT NULL,
    title_en TEXT NOT NULL,
    hash TEXT NOT NULL,
    scale DOUBLE PRECISION NOT NULL,
    rule_set TEXT NOT NULL,             -- empty for none
    registered_us BIGINT NOT NULL,
    toml TEXT NOT NULL,
    UNIQUE (id, version)
);

CREATE INDEX catalogs_by_id ON catalogs (id, number DESC);

CREATE TABLE threshold_sets (
    -- Rises with every set: newest first is this column backwards, and child rows name it instead of the id.
    number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    catalog_id TEXT COLLATE "C" NOT NULL,
    catalog_version TEXT COLLATE "C" NOT NULL,
    catalog_hash TEXT NOT NULL,
    classification_id TEXT NOT NULL,
    period TEXT NOT NULL,
    base_periods TEXT NOT NULL,         -- JSON list, earliest first
    as_of_position BIGINT NOT NULL,
    sample TEXT NOT NULL CHECK (sample IN ('RANDOM', 'CENSUS', 'MEMBERS')),
    seed TEXT,                          -- decimal digits: a seed may exceed a signed integer
    created_us BIGINT NOT NULL,
    FOREIGN KEY (catalog_id, catalog_version) REFERENCES catalogs (id, version),
    CHECK ((sample = 'RANDOM') = (seed IS NOT NULL))
);

CREATE TABLE set_types (
    set_number BIGINT NOT NULL REFERENCES threshold_sets (number),
    type_at BIGINT NOT NULL,
    type_id TEXT NOT NULL,
    frame BIGINT NOT NULL,
    members BIGINT NOT NULL,
    PRIMARY KEY (set_number, type_at)
);

CREATE TABLE sample_members (
    set_number BIGINT NOT NULL REFERENCES threshold_sets (number),
    type_at BIGINT NOT NULL,
    place_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (set_number, type_at, place_id)
);

CREATE TABLE thresholds (
    set_number BIGINT NOT NULL REFERENCES threshold_sets (number),
    type_at BIGINT NOT NULL,
    leaf_at BIGINT NOT NULL,
    leaf TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('OK', 'DEGENERATE', 'NO_DATA')),
    lower DOUBLE PRECISION,
    upper DOUBLE PRECISION,
    base_values BIGINT NOT NULL,
    short_base_values BIGINT NOT NULL,
    PRIMARY KEY (set_number, type_at, leaf_at),
    CHECK ((status = 'OK') = (lower IS NOT NULL AND upper IS NOT NULL))
);

-- Answers already given, by the caller's request id (invariant 8).
CREATE TABLE requests (
    request_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    fingerprint BYTEA NOT NULL,
    response BYTEA NOT NULL
);
