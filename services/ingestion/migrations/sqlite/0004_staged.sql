-- Staged deliveries that nobody commits are given up, also those that brought no row.
CREATE INDEX batch_staged ON batch (opened_at) WHERE position IS NULL AND held = 'STAGED';
