-- One database and one owner per service: neither can read the other's tables.
-- Runs once, on an empty data folder. Passwords come from the environment, so that they never appear in a command line.
\set ON_ERROR_STOP on
\getenv tracking_password TRACKING_DATABASE_PASSWORD
\getenv notifier_password NOTIFIER_DATABASE_PASSWORD

-- Whoever asks tracking in a shop's name reads in this role; row-level security shows it that shop alone.
CREATE ROLE hito_tenant NOLOGIN;

CREATE ROLE tracking LOGIN PASSWORD :'tracking_password';
GRANT hito_tenant TO tracking;
CREATE DATABASE tracking OWNER tracking;
REVOKE ALL ON DATABASE tracking FROM PUBLIC;

CREATE ROLE notifier LOGIN PASSWORD :'notifier_password';
CREATE DATABASE notifier OWNER notifier;
REVOKE ALL ON DATABASE notifier FROM PUBLIC;
