import type { Migration } from '../postgres/migrations.ts'
import type { Dialect } from './dialect.ts'

/** Their number is their place, from 1: only ever append. */
export function migrationsOf({ integer, text, tableOptions }: Dialect): readonly Migration[] {
  return [
    {
      name: 'documents and audit',
      needs: 1,
      sql: `
        CREATE TABLE counter (name ${text} NOT NULL PRIMARY KEY, value ${integer} NOT NULL)${tableOptions};
        INSERT INTO counter VALUES ('position', 0);
        CREATE TABLE document (
          tenant ${text} NOT NULL, kind ${text} NOT NULL, id ${text} NOT NULL, version ${integer}, body ${text} NOT NULL,
          position ${integer} NOT NULL, at ${integer} NOT NULL, PRIMARY KEY (tenant, kind, id)
        )${tableOptions};
        CREATE UNIQUE INDEX document_position ON document (position);
        CREATE INDEX document_kind ON document (kind, tenant, id);
        CREATE INDEX document_deleted ON document (at) WHERE version IS NULL;
        CREATE TABLE audit (
          tenant ${text} NOT NULL, number ${integer} NOT NULL, body ${text} NOT NULL, hash ${text} NOT NULL, PRIMARY KEY (tenant, number)
        )${tableOptions};
        CREATE TABLE audit_head (tenant ${text} NOT NULL PRIMARY KEY, number ${integer} NOT NULL, hash ${text} NOT NULL)${tableOptions};`,
    },
  ]
}
