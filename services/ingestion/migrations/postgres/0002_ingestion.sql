-- The record of ingestion on PostgreSQL: the whole schema of version 2. Numbers of migrations are those of the SQLite
-- side (0001 there is version 1, which PostgreSQL never had), so that both databases mean the same by newer.
--
-- Text keys compare by bytes (COLLATE "C"); times are microseconds since 1970-01-01T00:00:00Z.

-- Mutations done, and what was answered: written in the transaction of their effect.
CREATE TABLE mutation (
    request_id  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    method      TEXT             NOT NULL,
    fingerprint BYTEA            NOT NULL,
    response    BYTEA            NOT NULL
);

CREATE TABLE measure (
    measure_id    TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name_zh       TEXT             NOT NULL,
    name_en       TEXT             NOT NULL,
    unit          TEXT             NOT NULL,
    lower_bound   DOUBLE PRECISION,
    upper_bound   DOUBLE PRECISION,
    lower_open    BOOLEAN          NOT NULL,
    upper_open    BOOLEAN          NOT NULL,
    source_system TEXT             NOT NULL,
    derivation    TEXT             NOT NULL
);

CREATE TABLE source (
    source_id  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name_zh    TEXT             NOT NULL,
    name_en    TEXT             NOT NULL,
    precedence BIGINT           NOT NULL
);

CREATE INDEX source_by_precedence ON source (precedence, source_id);

-- Precedence as it was, so that a read as of a past position gives what it gave then. A change made while position n
-- is the newest counts from n + 1.
CREATE TABLE source_precedence (
    source_id     TEXT COLLATE "C" NOT NULL REFERENCES source (source_id),
    from_position BIGINT           NOT NULL,
    precedence    BIGINT           NOT NULL,
    PRIMARY KEY (source_id, from_position)
);

-- Deliveries. The number is ours alone and short, because every staged row carries it.
CREATE TABLE batch (
    batch_no              BIGINT           NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    batch_id              TEXT COLLATE "C" NOT NULL UNIQUE,
    kind                  TEXT             NOT NULL CHECK (kind IN ('PLACES', 'OBSERVATIONS')),
    file_name             TEXT             NOT NULL,
    request_id            TEXT COLLATE "C" NOT NULL UNIQUE,
    received_at           BIGINT           NOT NULL,
    -- Counts the streams that have delivered it: a stream that was taken over can add nothing more.
    attempt               BIGINT           NOT NULL,
    acknowledged_sequence BIGINT           NOT NULL,
    staged_rows           BIGINT           NOT NULL,
    -- All set at the seal, none before it: a batch is OPEN or SEALED and nothing between.
    position              BIGINT UNIQUE,
    sealed_at             BIGINT,
    rows_read             BIGINT,
    accepted              BIGINT,
    corrected             BIGINT,
    duplicate             BIGINT,
    rejected              BIGINT,
    -- SHA-256 of what the file holds, where the caller named it.
    content_sha256        BYTEA,
    -- When the newest stream of the delivery began: an OPEN one that nobody has come back to for long is given up.
    opened_at             BIGINT           NOT NULL,
    CHECK (position IS NULL
           OR (sealed_at IS NOT NULL AND rows_read = accepted + corrected + duplicate + rejected))
);

CREATE INDEX batch_open ON batch (opened_at) WHERE position IS NULL AND acknowledged_sequence > 0;

-- What was the newest position at an instant.
CREATE UNIQUE INDEX batch_by_sealing ON batch (sealed_at);

-- Batches out of force. Their position comes from the same count as that of the seals: batch b is seen as of position
-- P if it was sealed at P or before, and was not withdrawn at P or before.
CREATE TABLE withdrawal (
    batch_no       BIGINT NOT NULL PRIMARY KEY REFERENCES batch (batch_no),
    -- Where the batch was sealed, which never changes: reads leave out what came in at these positions.
    batch_position BIGINT NOT NULL UNIQUE,
    position       BIGINT NOT NULL UNIQUE,
    author         TEXT   NOT NULL,
    reason         TEXT   NOT NULL,
    withdrawn_at   BIGINT NOT NULL UNIQUE
);

-- Chunks that wait for the seal with their rows: one that comes again is known again.
CREATE TABLE staged_chunk (
    batch_no    BIGINT NOT NULL REFERENCES batch (batch_no),
    sequence    BIGINT NOT NULL,
    fingerprint BYTEA  NOT NULL,
    PRIMARY KEY (batch_no, sequence)
);

-- Rows that wait for the seal of their batch. A field at fault is NULL and its fault is in `faults` (a JSON array).
CREATE TABLE staged_place (
    batch_no       BIGINT NOT NULL REFERENCES batch (batch_no),
    ordinal        BIGINT NOT NULL,
    row_no         BIGINT NOT NULL,
    place_id       TEXT COLLATE "C",
    name           TEXT,
    town_code      TEXT COLLATE "C",
    town_name      TEXT,
    committee      TEXT COLLATE "C",
    housing_nature TEXT,
    households     BIGINT,
    population     BIGINT,
    attributes     TEXT,
    fingerprint    BYTEA,
    faults         TEXT,
    original       TEXT   NOT NULL,
    PRIMARY KEY (batch_no, ordinal)
);

CREATE TABLE staged_observation (
    batch_no   BIGINT NOT NULL REFERENCES batch (batch_no),
    ordinal    BIGINT NOT NULL,
    row_no     BIGINT NOT NULL,
    place_id   TEXT COLLATE "C",
    measure_id TEXT COLLATE "C",
    period     TEXT COLLATE "C",
    source_id  TEXT COLLATE "C",
    value      DOUBLE PRECISION,
    value_bits BIGINT,
    revised_at BIGINT,
    faults     TEXT,
    original   TEXT   NOT NULL,
    PRIMARY KEY (batch_no, ordinal)
);

-- Quarantine. `reasons` is a JSON array of {column, code, message: {zh, en}}. Two rows may claim one row number, so
-- the place in the delivery belongs to the key.
CREATE TABLE rejected_row (
    batch_no BIGINT NOT NULL REFERENCES batch (batch_no),
    row_no   BIGINT NOT NULL,
    ordinal  BIGINT NOT NULL,
    reasons  TEXT   NOT NULL,
    original TEXT   NOT NULL,
    PRIMARY KEY (batch_no, row_no, ordinal)
);

-- Every description of a place, one a batch that describes it. `attributes` is a JSON object.
CREATE TABLE place_revision (
    place_id       TEXT COLLATE "C" NOT NULL,
    position       BIGINT           NOT NULL,
    row_no         BIGINT           NOT NULL,
    name           TEXT             NOT NULL,
    town_code      TEXT COLLATE "C" NOT NULL,
    town_name      TEXT             NOT NULL,
    committee      TEXT COLLATE "C" NOT NULL,
    housing_nature TEXT             NOT NULL,
    households     BIGINT,
    population     BIGINT,
    attributes     TEXT             NOT NULL,
    fingerprint    BYTEA            NOT NULL,
    PRIMARY KEY (place_id, position)
);

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
    measure_id TEXT COLLATE "C" NOT NULL,
    period     TEXT COLLATE "C" NOT NULL,
    place_id   TEXT COLLATE "C" NOT NULL,
    source_id  TEXT COLLATE "C" NOT NULL,
    -- What newer and older mean: `revised_at` where given; else, for a repeat, the instant of what it repeats; else the
    -- beginning of the batch's seal, and after all on record.
    instant    BIGINT           NOT NULL,
    position   BIGINT           NOT NULL,
    value      DOUBLE PRECISION NOT NULL,
    -- The same value as the 64 bits of its IEEE 754 form: of use to SQLite alone, and kept so that both records agree.
    value_bits BIGINT           NOT NULL,
    revised_at BIGINT,
    row_no     BIGINT           NOT NULL,
    PRIMARY KEY (measure_id, period, place_id, source_id, instant, position)
);
