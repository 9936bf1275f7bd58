import type { Migration } from '../../postgres/migrations.ts'

/**
 * What `allot` decides, in the database: one statement for all that a node asks. One node asks at a time, each by what all others hold; a key with its rows is a few index look-ups.
 * Their number is their place, from 1: only ever append. A function that answers otherwise gets another name, for nodes of two versions share a database.
 */
export const allotmentTables: readonly Migration[] = [
  {
    name: 'shares of limits',
    needs: 1,
    sql: `
CREATE TABLE allotment (
  key text COLLATE "C", node text COLLATE "C", seq bigint NOT NULL, share bigint NOT NULL, wanted bigint NOT NULL, expires bigint NOT NULL, PRIMARY KEY (key, node)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 1);

-- Nobody gets more than it wants; of the others nobody gets less than another. What does not divide goes to the last.
CREATE FUNCTION fair_share_1(p_key text, p_node text, p_requests bigint, p_per_ms bigint, p_now bigint) RETURNS bigint LANGUAGE plpgsql AS $fn$
DECLARE
  v_nodes bigint := 1 + (SELECT count(*) FROM allotment WHERE key = p_key AND node <> p_node AND expires > p_now);
  v_turn bigint := CASE WHEN p_requests < 8 * v_nodes THEN p_now / greatest(4 * p_per_ms, 5000) ELSE 0 END;
  v_left bigint := p_requests;
  v_rest bigint := v_nodes;
  v_one record;
  v_share bigint;
BEGIN
  FOR v_one IN
    SELECT node, wanted FROM (
      SELECT node, wanted, row_number() OVER (ORDER BY node) - 1 AS place FROM (
        SELECT node, wanted FROM allotment WHERE key = p_key AND node <> p_node AND expires > p_now UNION ALL SELECT p_node, p_requests
      ) AS asking
    ) AS placed ORDER BY wanted, (place - v_turn % v_nodes + v_nodes) % v_nodes
  LOOP
    v_share := least(v_one.wanted, v_left / v_rest);
    IF v_one.node = p_node THEN RETURN v_share; END IF;
    v_left := v_left - v_share;
    v_rest := v_rest - 1;
  END LOOP;
  RETURN 0;
END $fn$;

CREATE FUNCTION allot_1(p_node text, p_for_ms bigint, p_keys text[], p_requests bigint[], p_per_ms bigint[], p_seqs bigint[], p_held bigint[], p_wanted bigint[]) RETURNS jsonb LANGUAGE plpgsql AS $fn$
DECLARE
  v_now bigint;
  v_ask record;
  v_own bigint;
  v_lent bigint;
  v_awaited boolean;
  v_target bigint;
  v_share bigint;
  v_leases jsonb[] := '{}';
BEGIN
  PERFORM pg_advisory_xact_lock(1952804464, 40);
  v_now := floor(extract(epoch FROM clock_timestamp()) * 1000);
  FOR v_ask IN SELECT * FROM unnest(p_keys, p_requests, p_per_ms, p_seqs, p_held, p_wanted) AS ask (key, requests, per_ms, seq, held, wanted) LOOP
    -- What a lease was for is kept for as long as it may count in the stretch.
    DELETE FROM allotment WHERE key = v_ask.key AND node <> p_node AND expires + CASE WHEN share > 0 THEN v_ask.per_ms ELSE 0 END <= v_now;
    SELECT max(seq) FILTER (WHERE node = p_node), coalesce(sum(share) FILTER (WHERE node <> p_node), 0),
      coalesce(bool_or(wanted > share) FILTER (WHERE node <> p_node AND expires > v_now), false)
      INTO v_own, v_lent, v_awaited FROM allotment WHERE key = v_ask.key;
    v_target := fair_share_1(v_ask.key, p_node, v_ask.requests, v_ask.per_ms, v_now);
    v_share := greatest(v_ask.held, least(v_ask.wanted, v_target, v_ask.requests - v_lent));
    IF v_own >= v_ask.seq THEN
      v_leases := v_leases || jsonb_build_array(v_ask.held, v_target, 0, v_awaited);
    ELSE
      INSERT INTO allotment VALUES (v_ask.key, p_node, v_ask.seq, v_share, v_ask.wanted, v_now + p_for_ms)
      ON CONFLICT (key, node) DO UPDATE SET seq = excluded.seq, share = excluded.share, wanted = excluded.wanted, expires = excluded.expires;
      v_leases := v_leases || jsonb_build_array(v_share, v_target, p_for_ms, v_awaited);
    END IF;
  END LOOP;
  RETURN to_jsonb(v_leases);
END $fn$;`,
  },
]
