-- Observations wait for the seal of their batch as packs: a chunk's columns as they came, in the layout of
-- `src/store/packs.rs`. `staged_observation` holds what earlier versions staged, and gets no new rows.
CREATE TABLE staged_pack (
    batch_no BIGINT NOT NULL REFERENCES batch (batch_no),
    -- The place of its first row in the delivery, from 0.
    ordinal  BIGINT NOT NULL,
    payload  BYTEA  NOT NULL,
    PRIMARY KEY (batch_no, ordinal)
);

-- Written once, read twice and deleted: not worth compressing.
ALTER TABLE staged_pack ALTER COLUMN payload SET STORAGE EXTERNAL;
