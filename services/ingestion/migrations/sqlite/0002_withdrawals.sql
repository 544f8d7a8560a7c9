-- Withdrawals, deliveries that resume, and what times positions stand for.
--
-- From here on `observation` and `place_revision` also keep what a batch merely repeated, so that it stays when the
-- batch that said it first is withdrawn. What was repeated under version 1 was not kept and cannot be had back.

-- Batches out of force. Their position comes from the same count as that of the seals: batch b is seen as of position
-- P if it was sealed at P or before, and was not withdrawn at P or before.
CREATE TABLE withdrawal (
    batch_no       INTEGER NOT NULL PRIMARY KEY REFERENCES batch (batch_no),
    -- Where the batch was sealed, which never changes: reads leave out what came in at these positions.
    batch_position INTEGER NOT NULL UNIQUE,
    position       INTEGER NOT NULL UNIQUE,
    author         TEXT    NOT NULL,
    reason         TEXT    NOT NULL,
    withdrawn_at   INTEGER NOT NULL UNIQUE
);

-- SHA-256 of what the file holds, where the caller named it.
ALTER TABLE batch ADD COLUMN content_sha256 BLOB;

-- When the newest stream of the delivery began: an OPEN one that nobody has come back to for long is given up.
ALTER TABLE batch ADD COLUMN opened_at INTEGER NOT NULL DEFAULT 0;
UPDATE batch SET opened_at = received_at;
CREATE INDEX batch_open ON batch (opened_at) WHERE position IS NULL AND acknowledged_sequence > 0;

-- What was the newest position at an instant.
CREATE UNIQUE INDEX batch_by_sealing ON batch (sealed_at);

-- Chunks that wait for the seal with their rows: one that comes again is known again.
CREATE TABLE staged_chunk (
    batch_no    INTEGER NOT NULL REFERENCES batch (batch_no),
    sequence    INTEGER NOT NULL,
    fingerprint BLOB    NOT NULL,
    PRIMARY KEY (batch_no, sequence)
) WITHOUT ROWID;

-- Chunks staged under version 1 have no fingerprint: their deliveries begin anew.
DELETE FROM staged_place;
DELETE FROM staged_observation;
UPDATE batch SET acknowledged_sequence = 0, staged_rows = 0 WHERE position IS NULL;
