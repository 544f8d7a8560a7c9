-- Observations wait for the seal of their batch as packs: a chunk's columns as they came, in the layout of
-- `src/store/packs.rs`. `staged_observation` holds what earlier versions staged, and gets no new rows.
CREATE TABLE staged_pack (
    batch_no INTEGER NOT NULL REFERENCES batch (batch_no),
    -- The place of its first row in the delivery, from 0.
    ordinal  INTEGER NOT NULL,
    payload  BLOB    NOT NULL,
    PRIMARY KEY (batch_no, ordinal)
);
