-- The record of ingestion. Text keys compare by bytes (BINARY, the default collation); times are microseconds since
-- 1970-01-01T00:00:00Z; numbers are REAL, whose bits come back as they went in.

-- Mutations done, and what was answered: written in the transaction of their effect.
CREATE TABLE mutation (
    request_id  TEXT    NOT NULL PRIMARY KEY,
    method      TEXT    NOT NULL,
    fingerprint BLOB    NOT NULL,
    response    BLOB    NOT NULL
) WITHOUT ROWID;

CREATE TABLE measure (
    measure_id    TEXT    NOT NULL PRIMARY KEY,
    name_zh       TEXT    NOT NULL,
    name_en       TEXT    NOT NULL,
    unit          TEXT    NOT NULL,
    lower_bound   REAL,
    upper_bound   REAL,
    lower_open    INTEGER NOT NULL,
    upper_open    INTEGER NOT NULL,
    source_system TEXT    NOT NULL,
    derivation    TEXT    NOT NULL
) WITHOUT ROWID;

CREATE TABLE source (
    source_id  TEXT    NOT NULL PRIMARY KEY,
    name_zh    TEXT    NOT NULL,
    name_en    TEXT    NOT NULL,
    precedence INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX source_by_precedence ON source (precedence, source_id);

-- Precedence as it was, so that a read as of a past position gives what it gave then. A change made while position n
-- is the newest counts from n + 1.
CREATE TABLE source_precedence (
    source_id     TEXT    NOT NULL REFERENCES source (source_id),
    from_position INTEGER NOT NULL,
    precedence    INTEGER NOT NULL,
    PRIMARY KEY (source_id, from_position)
) WITHOUT ROWID;

-- Deliveries. The number is ours alone and short, because every staged row carries it.
CREATE TABLE batch (
    batch_no      INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    batch_id      TEXT    NOT NULL UNIQUE,
    kind          TEXT    NOT NULL CHECK (kind IN ('PLACES', 'OBSERVATIONS')),
    file_name     TEXT    NOT NULL,
    request_id    TEXT    NOT NULL UNIQUE,
    received_at   INTEGER NOT NULL,
    -- Counts the streams that have delivered it: a stream that was taken over can add nothing more.
    attempt       INTEGER NOT NULL,
    acknowledged_sequence INTEGER NOT NULL,
    staged_rows   INTEGER NOT NULL,
    -- All set at the seal, none before it: a batch is OPEN or SEALED and nothing between.
    position      INTEGER UNIQUE,
    sealed_at     INTEGER,
    rows_read     INTEGER,
    accepted      INTEGER,
    corrected     INTEGER,
    duplicate     INTEGER,
    rejected      INTEGER,
    CHECK (position IS NULL
           OR (sealed_at IS NOT NULL AND rows_read = accepted + corrected + duplicate + rejected))
);

-- Rows that wait for the seal of their batch. A field at fault is NULL and its fault is in `faults` (a JSON array).
CREATE TABLE staged_place (
    batch_no       INTEGER NOT NULL REFERENCES batch (batch_no),
    ordinal        INTEGER NOT NULL,
    row_no         INTEGER NOT NULL,
    place_id       TEXT,
    name           TEXT,
    town_code      TEXT,
    town_name      TEXT,
    committee      TEXT,
    housing_nature TEXT,
    households     INTEGER,
    population     INTEGER,
    attributes     TEXT,
    fingerprint    BLOB,
    faults         TEXT,
    original       TEXT    NOT NULL,
    PRIMARY KEY (batch_no, ordinal)
) WITHOUT ROWID;

CREATE TABLE staged_observation (
    batch_no   INTEGER NOT NULL REFERENCES batch (batch_no),
    ordinal    INTEGER NOT NULL,
    row_no     INTEGER NOT NULL,
    place_id   TEXT,
    measure_id TEXT,
    period     TEXT,
    source_id  TEXT,
    value      REAL,
    value_bits INTEGER,
    revised_at INTEGER,
    faults     TEXT,
    original   TEXT    NOT NULL,
    PRIMARY KEY (batch_no, ordinal)
) WITHOUT ROWID;

-- Quarantine. `reasons` is a JSON array of {column, code, message: {zh, en}}. Two rows may claim one row number, so
-- the place in the delivery belongs to the key.
CREATE TABLE rejected_row (
    batch_no INTEGER NOT NULL REFERENCES batch (batch_no),
    row_no   INTEGER NOT NULL,
    ordinal  INTEGER NOT NULL,
    reasons  TEXT    NOT NULL,
    original TEXT    NOT NULL,
    PRIMARY KEY (batch_no, row_no, ordinal)
) WITHOUT ROWID;

-- Every description of a place, one a batch that changed it. `attributes` is a JSON object.
CREATE TABLE place_revision (
    place_id       TEXT    NOT NULL,
    position       INTEGER NOT NULL,
    row_no         INTEGER NOT NULL,
    name           TEXT    NOT NULL,
    town_code      TEXT    NOT NULL,
    town_name      TEXT    NOT NULL,
    committee      TEXT    NOT NULL,
    housing_nature TEXT    NOT NULL,
    households     INTEGER,
    population     INTEGER,
    attributes     TEXT    NOT NULL,
    fingerprint    BLOB    NOT NULL,
    PRIMARY KEY (place_id, position)
) WITHOUT ROWID;

CREATE INDEX place_revision_by_town ON place_revision (town_code, committee, place_id, position);

-- Every statement about a value. Rows are never changed, so a read as of a position is `position <= ?` and no table
-- of current values has to be kept true.
--
-- The key is one clustered order for the two things asked of it. A reader asks for whole columns (a measure and a
-- period, all places by id): one range of the key, read once, front to back, with all statements of a place side by
-- side and the newest of each source last. The seal asks for one (place, measure, period, source): the same key to the
-- source. A key that began with the place would touch the whole table for each column. The place is still part of
-- the key, so a distributed store can shard by it.
CREATE TABLE observation (
    measure_id TEXT    NOT NULL,
    period     TEXT    NOT NULL,
    place_id   TEXT    NOT NULL,
    source_id  TEXT    NOT NULL,
    -- `revised_at` where given, else the sealing of the batch, and after all on record: what newer and older mean.
    instant    INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    value      REAL    NOT NULL,
    -- The same value as the 64 bits of its IEEE 754 form. Columns are read packed, thousands of statements in one row
    -- of text, and SQLite's text of a REAL can miss by the last bit; that of an integer cannot.
    value_bits INTEGER NOT NULL,
    revised_at INTEGER,
    row_no     INTEGER NOT NULL,
    PRIMARY KEY (measure_id, period, place_id, source_id, instant, position)
) WITHOUT ROWID;
