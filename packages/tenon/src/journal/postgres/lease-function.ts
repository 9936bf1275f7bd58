import { format } from './format.ts'

/** Who has which partition. Times are the database's alone. */
export const leaseFunction: string = `
CREATE OR REPLACE FUNCTION ms_${format}(at timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT floor(extract(epoch FROM at) * 1000)::bigint $$;
CREATE OR REPLACE FUNCTION now_ms_${format}() RETURNS bigint LANGUAGE sql VOLATILE AS $$ SELECT ms_${format}(clock_timestamp()) $$;

-- Nodes that gave no sign of life in time are members no more: what they had is free, under new epochs.
CREATE OR REPLACE FUNCTION drop_dead_${format}() RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE
  v_gone int[] := ARRAY(SELECT id FROM node WHERE expires < clock_timestamp() ORDER BY id FOR UPDATE SKIP LOCKED);
BEGIN
  IF cardinality(v_gone) = 0 THEN RETURN; END IF;
  PERFORM leave_${format}(v_gone, now_ms_${format}());
  DELETE FROM batch WHERE NOT EXISTS (SELECT FROM node WHERE node.id = batch.node);
END $fn$;

CREATE OR REPLACE FUNCTION is_member_${format}(p_node int) RETURNS boolean LANGUAGE plpgsql AS $fn$
BEGIN
  PERFORM drop_dead_${format}();
  RETURN EXISTS (SELECT 1 FROM node WHERE id = p_node);
END $fn$;

CREATE OR REPLACE FUNCTION leave_${format}(p_nodes int[], p_orphaned bigint) RETURNS void LANGUAGE plpgsql AS $fn$
BEGIN
  PERFORM free_leases_${format}(ARRAY(SELECT partition FROM lease WHERE node = ANY (p_nodes)), p_nodes, p_orphaned);
  DELETE FROM permit WHERE node = ANY (p_nodes);
  PERFORM merge_tallies_${format}(p_nodes);
  DELETE FROM node WHERE id = ANY (p_nodes);
END $fn$;

-- A sign of life: renews the lease or joins, and takes of what is free up to a fair share, all under one epoch.
CREATE OR REPLACE FUNCTION beat_${format}(p_node int, p_name text, p_version text, p_lease_ms int, p_joins boolean, p_leaving boolean, p_figures text) RETURNS jsonb LANGUAGE plpgsql AS $fn$
DECLARE
  v_until timestamptz;
  v_joined boolean := false;
  v_nodes int;
  v_staying int;
  v_partitions int;
  v_mine int;
  v_share int;
BEGIN
  IF p_joins THEN PERFORM leave_${format}(ARRAY[p_node], now_ms_${format}()); END IF;
  PERFORM drop_dead_${format}();
  v_until := clock_timestamp() + p_lease_ms * interval '1 millisecond';
  UPDATE node SET heartbeat = clock_timestamp(), expires = v_until, leaving = p_leaving, figures = p_figures WHERE id = p_node;
  IF NOT FOUND THEN
    INSERT INTO node (id, name, version, expires, leaving, figures, format) VALUES (p_node, p_name, p_version, v_until, p_leaving, p_figures, ${format});
    v_joined := true;
  END IF;
  SELECT count(*), count(*) FILTER (WHERE NOT leaving) INTO v_nodes, v_staying FROM node;
  SELECT count(*), count(*) FILTER (WHERE node = p_node) INTO v_partitions, v_mine FROM lease;
  -- The older nodes have one more where it does not come out even; who leaves has no share.
  v_share := CASE WHEN p_leaving THEN 0 ELSE v_partitions / v_staying
    + CASE WHEN (SELECT count(*) FROM node WHERE NOT leaving AND (started, id) < (SELECT started, id FROM node WHERE id = p_node)) < v_partitions % v_staying THEN 1 ELSE 0 END END;
  IF v_mine < v_share THEN
    UPDATE lease SET node = p_node, epoch = (SELECT nextval('epoch_number')) WHERE partition IN (
      SELECT partition FROM lease WHERE node IS NULL ORDER BY partition LIMIT v_share - v_mine FOR UPDATE SKIP LOCKED
    );
  END IF;
  IF v_joined THEN PERFORM tell_all_${format}(p_node); END IF;
  RETURN jsonb_build_object('now', now_ms_${format}(), 'joined', v_joined, 'nodes', v_nodes, 'share', v_share,
    'mine', coalesce((SELECT jsonb_agg(jsonb_build_array(partition, epoch, orphaned_before) ORDER BY partition) FROM lease WHERE node = p_node), '[]'));
END $fn$;

-- The others look at once.
CREATE OR REPLACE FUNCTION tell_all_${format}(p_node int) RETURNS void LANGUAGE sql AS $$
  SELECT pg_notify('tenon_' || id, 'beat') FROM node WHERE id <> p_node
$$;

-- Raises the epochs: what is written under the old ones is fenced once this commits. Waits for the batches that hold these leases.
CREATE OR REPLACE FUNCTION free_leases_${format}(p_partitions int[], p_of int[], p_orphaned bigint) RETURNS void LANGUAGE plpgsql AS $fn$
BEGIN
  PERFORM 1 FROM lease WHERE partition = ANY (p_partitions) ORDER BY partition FOR UPDATE;
  UPDATE lease SET node = NULL, epoch = (SELECT nextval('epoch_number')), orphaned_before = coalesce(p_orphaned, orphaned_before)
  WHERE partition = ANY (p_partitions) AND node = ANY (p_of);
END $fn$;

-- Gives partitions away in good order; all of them, and the node itself, where none are named.
CREATE OR REPLACE FUNCTION release_${format}(p_node int, p_partitions int[]) RETURNS void LANGUAGE plpgsql AS $fn$
BEGIN
  IF p_partitions IS NULL THEN
    PERFORM leave_${format}(ARRAY[p_node], NULL);
    DELETE FROM batch WHERE node = p_node;
  ELSE
    PERFORM free_leases_${format}(p_partitions, ARRAY[p_node], NULL);
  END IF;
  PERFORM tell_all_${format}(p_node);
END $fn$;

-- What a node counted that is there no more is counted for nobody.
CREATE OR REPLACE FUNCTION merge_tallies_${format}(p_nodes int[]) RETURNS void LANGUAGE plpgsql AS $fn$
BEGIN
  PERFORM pg_advisory_xact_lock(1952804464, 0);
  WITH old AS (DELETE FROM tally WHERE abs(node) = ANY (p_nodes) RETURNING flow, status, runs)
  INSERT INTO tally SELECT 0, flow, status, sum(runs) FROM old GROUP BY flow, status HAVING sum(runs) <> 0
  ON CONFLICT (node, flow, status) DO UPDATE SET runs = tally.runs + excluded.runs;
END $fn$;
`
