-- The database of the plugins' tables, the role that writes them and the role that reads them. Run once, as superuser:
--
--   LECTERN_POSTGRESQL_PASSWORD=… LECTERN_READER_PASSWORD=… psql -X -f lectern.sql
--
-- The host makes the schemas, one for each plugin, and lets the reader read them.
\set ON_ERROR_STOP on
\getenv owner_password LECTERN_POSTGRESQL_PASSWORD
\getenv reader_password LECTERN_READER_PASSWORD

\if :{?owner_password} \else \set owner_password '' \endif
\if :{?reader_password} \else \set reader_password '' \endif
SELECT :'owner_password' = '' AS no_owner_password, :'reader_password' = '' AS no_reader_password \gset
-- There is no other way to fail with a message here.
\if :no_owner_password
SELECT 'LECTERN_POSTGRESQL_PASSWORD is not set'::integer;
\endif
\if :no_reader_password
SELECT 'LECTERN_READER_PASSWORD is not set'::integer;
\endif

CREATE ROLE lectern LOGIN PASSWORD :'owner_password';
CREATE ROLE lectern_reader LOGIN PASSWORD :'reader_password' CONNECTION LIMIT 50;
-- A dashboard's question may not keep the database from its work.
ALTER ROLE lectern_reader SET statement_timeout = '30s';
ALTER ROLE lectern_reader SET default_transaction_read_only = on;

CREATE DATABASE lectern OWNER lectern ENCODING 'UTF8' TEMPLATE template0;
REVOKE CONNECT, TEMPORARY ON DATABASE lectern FROM PUBLIC;
GRANT CONNECT ON DATABASE lectern TO lectern_reader;
