-- The database of the plugins' tables, the role that writes them and the role that reads them. Run once, as superuser:
--
--   LECTERN_POSTGRESQL_PASSWORD=… LECTERN_READER_PASSWORD=… psql -X -f lectern.sql
--
-- The host makes the schemas, one for each plugin, and lets the reader read them.
\set ON_ERROR_STOP on
\getenv owner_password LECTERN_POSTGRESQL_PASSWORD
\getenv reader_password LECTERN_READER_PASSWORD

-- Fails here, with the variable's name, if one is not set; and an empty password is none.
SELECT 1 / (length(:'owner_password') > 0)::int AS owner_password, 1 / (length(:'reader_password') > 0)::int AS reader_password;

CREATE ROLE lectern LOGIN PASSWORD :'owner_password';
CREATE ROLE lectern_reader LOGIN PASSWORD :'reader_password' CONNECTION LIMIT 50;
-- A dashboard's question may not keep the database from its work.
ALTER ROLE lectern_reader SET statement_timeout = '30s';
ALTER ROLE lectern_reader SET default_transaction_read_only = on;

CREATE DATABASE lectern OWNER lectern ENCODING 'UTF8' TEMPLATE template0;
REVOKE CONNECT, TEMPORARY ON DATABASE lectern FROM PUBLIC;
GRANT CONNECT ON DATABASE lectern TO lectern_reader;
