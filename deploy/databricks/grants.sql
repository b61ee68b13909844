-- Places of the release and who may do what in them; run once by an administrator of the catalog.
-- Replace `sensitive-app-id` and `publishing-app-id` by the application ids of the two service principals, `main` and
-- `ctdc` by your catalog and schema, and main.cases.victims by the table of case records.

CREATE SCHEMA IF NOT EXISTS main.ctdc;
CREATE SCHEMA IF NOT EXISTS main.ctdc_sensitive;
CREATE SCHEMA IF NOT EXISTS main.ctdc_staging;
CREATE VOLUME IF NOT EXISTS main.ctdc.explorer;
CREATE VOLUME IF NOT EXISTS main.ctdc_sensitive.work;
CREATE VOLUME IF NOT EXISTS main.ctdc_staging.proven;

GRANT USE CATALOG ON CATALOG main TO `sensitive-app-id`;
GRANT USE SCHEMA ON SCHEMA main.cases TO `sensitive-app-id`;
GRANT SELECT ON TABLE main.cases.victims TO `sensitive-app-id`;
GRANT USE SCHEMA ON SCHEMA main.ctdc_sensitive TO `sensitive-app-id`;
GRANT READ VOLUME, WRITE VOLUME ON VOLUME main.ctdc_sensitive.work TO `sensitive-app-id`;
GRANT USE SCHEMA ON SCHEMA main.ctdc_staging TO `sensitive-app-id`;
GRANT READ VOLUME, WRITE VOLUME ON VOLUME main.ctdc_staging.proven TO `sensitive-app-id`;
-- the ledger tells whether a release is already published
GRANT USE SCHEMA, SELECT ON SCHEMA main.ctdc TO `sensitive-app-id`;

GRANT USE CATALOG ON CATALOG main TO `publishing-app-id`;
GRANT USE SCHEMA ON SCHEMA main.ctdc_staging TO `publishing-app-id`;
-- reads alone: who could write there could change rows after the proof, and their seal
GRANT READ VOLUME ON VOLUME main.ctdc_staging.proven TO `publishing-app-id`;
GRANT USE SCHEMA, CREATE TABLE, SELECT, MODIFY ON SCHEMA main.ctdc TO `publishing-app-id`;
GRANT READ VOLUME, WRITE VOLUME ON VOLUME main.ctdc.explorer TO `publishing-app-id`;

-- The principal that starts the jobs gets nothing here. Privileges are inherited from catalogs and from groups, and
-- `account users` is everybody: look that neither it, nor a group of the publishing principal, nor that principal is named
-- on what is sensitive, and that nobody but the publishing principal may change main.ctdc.
SHOW GRANTS ON CATALOG main;
SHOW GRANTS ON TABLE main.cases.victims;
SHOW GRANTS ON SCHEMA main.ctdc_sensitive;
SHOW GRANTS ON VOLUME main.ctdc_sensitive.work;
SHOW GRANTS ON SCHEMA main.ctdc;
