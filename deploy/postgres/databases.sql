-- The databases of the platform on one PostgreSQL server (version 15 or later): four roles, each the owner of one
-- database and of nothing else. Nobody but its owner may connect to a database, so no service can read another's tables.
--
--     psql --set ON_ERROR_STOP=1 --file deploy/postgres/databases.sql postgres
--
-- Run it as a superuser. Run again, it changes nothing. It sets no passwords: `\password xiuhua_ingestion` and so on, or
-- certificates, are this server's own affair.

\set ON_ERROR_STOP 1

SELECT format('CREATE ROLE %I LOGIN', name)
FROM unnest(ARRAY['xiuhua_ingestion', 'xiuhua_classification', 'xiuhua_normalization', 'xiuhua_scoring']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec

-- Text is UTF-8 and compares by bytes, on every machine alike.
SELECT format('CREATE DATABASE %1$I OWNER %1$I TEMPLATE template0 ENCODING ''UTF8'' LOCALE ''C''', name)
FROM unnest(ARRAY['xiuhua_ingestion', 'xiuhua_classification', 'xiuhua_normalization', 'xiuhua_scoring']) AS name
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = name)
\gexec

-- PostgreSQL lets everybody connect to a new database; the owner keeps its rights.
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', name)
FROM unnest(ARRAY['xiuhua_ingestion', 'xiuhua_classification', 'xiuhua_normalization', 'xiuhua_scoring']) AS name
\gexec
