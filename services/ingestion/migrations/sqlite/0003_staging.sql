-- Deliveries that wait to be committed, what becomes of rejected rows, and what is heard of each source.

-- Where a complete delivery stands of which nothing is in force; NULL for one that is OPEN or was sealed.
ALTER TABLE batch ADD COLUMN held TEXT
    CHECK (held IS NULL OR (held IN ('STAGED', 'AWAITING_APPROVAL', 'DISCARDED') AND position IS NULL));
-- How its file was laid out, as JSON, where the caller told.
ALTER TABLE batch ADD COLUMN layout TEXT;
-- The batch whose rejected rows it brings again.
ALTER TABLE batch ADD COLUMN corrects_batch_no INTEGER REFERENCES batch (batch_no);
-- What it moves by more than was allowed without a second person, when it was committed: a JSON array, ratios as bits.
ALTER TABLE batch ADD COLUMN movements TEXT;
-- Of its rejected rows; those left are OPEN.
ALTER TABLE batch ADD COLUMN closed_rows INTEGER NOT NULL DEFAULT 0;
ALTER TABLE batch ADD COLUMN given_up_rows INTEGER NOT NULL DEFAULT 0;

-- Who decided about a batch that was staged.
CREATE TABLE batch_decision (
    batch_no   INTEGER NOT NULL REFERENCES batch (batch_no),
    act        TEXT    NOT NULL CHECK (act IN ('COMMITTED', 'APPROVED', 'DISCARDED')),
    author     TEXT    NOT NULL,
    reason     TEXT    NOT NULL,
    decided_at INTEGER NOT NULL,
    PRIMARY KEY (batch_no, act)
) WITHOUT ROWID;

-- The row number, in the corrected batch, of the rejected row that this one brings again.
ALTER TABLE staged_place ADD COLUMN closes_row INTEGER;
ALTER TABLE staged_observation ADD COLUMN closes_row INTEGER;

-- Rejected rows that a sealed batch brought again: known by the batch that rejected them, and the position of the
-- batch that brings them.
CREATE TABLE correction (
    batch_no    INTEGER NOT NULL REFERENCES batch (batch_no),
    row_no      INTEGER NOT NULL,
    position    INTEGER NOT NULL,
    closing_row INTEGER NOT NULL,
    PRIMARY KEY (batch_no, row_no, position)
) WITHOUT ROWID;

CREATE INDEX correction_by_position ON correction (position, batch_no, row_no);

-- Rejected rows that nobody will mend, and why.
CREATE TABLE give_up (
    give_up_no  INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    batch_no    INTEGER NOT NULL REFERENCES batch (batch_no),
    author      TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    given_up_at INTEGER NOT NULL
);

-- CLOSED while a correction in force brings it again, else GIVEN_UP if it was, else OPEN. Kept true by every seal of a
-- correcting batch, its withdrawal, and every giving up, so that what is OPEN is found without looking at the rest.
ALTER TABLE rejected_row ADD COLUMN state TEXT NOT NULL DEFAULT 'OPEN'
    CHECK (state IN ('OPEN', 'CLOSED', 'GIVEN_UP'));
ALTER TABLE rejected_row ADD COLUMN give_up_no INTEGER REFERENCES give_up (give_up_no);

CREATE INDEX rejected_row_by_state ON rejected_row (state, batch_no, row_no, ordinal);

-- What each sealed batch brought of each source, so that nobody has to count observations.
CREATE TABLE source_delivery (
    source_id     TEXT    NOT NULL REFERENCES source (source_id),
    position      INTEGER NOT NULL,
    statements    INTEGER NOT NULL,
    newest_period TEXT    NOT NULL,
    PRIMARY KEY (source_id, position)
) WITHOUT ROWID;

INSERT INTO source_delivery (source_id, position, statements, newest_period)
    SELECT source_id, position, count(*), max(period) FROM observation GROUP BY source_id, position;
