import { format } from './format.ts'

/** Retention in bounded pieces. Several nodes may do it at once: each leaves alone what another has in hand. */
export const pruneFunction: string = `
CREATE OR REPLACE FUNCTION prune_${format}(p_node int, p_after bigint, p_now bigint, p_ended_before bigint, p_limit int) RETURNS jsonb LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $fn$
DECLARE
  v_runs bigint[];
  v_last bigint;
  v_seen int;
  v_events bigint[];
  v_hashes text[];
  v_more boolean;
BEGIN
  -- Down the numbers from where the last call stopped: those that stay are few among those that are old.
  SELECT array_agg(number) FILTER (WHERE is_old), max(number), count(*) INTO v_runs, v_last, v_seen FROM (
    SELECT number, coalesce(status >= 4 AND place IS NULL AND ended_at < p_ended_before, false) AS is_old
    FROM run WHERE number > p_after ORDER BY number LIMIT p_limit FOR UPDATE SKIP LOCKED
  ) looked;
  v_more := v_seen = p_limit;
  IF v_runs IS NOT NULL THEN
    SELECT array_agg(DISTINCT hash) INTO v_hashes FROM value_use WHERE owner = ANY (v_runs);
    DELETE FROM value_use WHERE owner = ANY (v_runs);
    DELETE FROM entry WHERE run = ANY (v_runs);
    DELETE FROM inbox WHERE run = ANY (v_runs);
    DELETE FROM message WHERE run = ANY (v_runs);
    DELETE FROM wait WHERE run = ANY (v_runs);
    DELETE FROM held WHERE run = ANY (v_runs);
    -- Events that were kept for these runs only are looked at again.
    UPDATE event SET expires = 0 WHERE expires IS NULL AND number IN (
      SELECT event FROM run WHERE number = ANY (v_runs) UNION SELECT event FROM reach WHERE run = ANY (v_runs)
    );
    -- Counted apart: the rows of the node's batches are locked while one is on its way.
    WITH gone AS (DELETE FROM run WHERE number = ANY (v_runs) RETURNING flow, status)
    INSERT INTO tally SELECT -p_node, flow, status, -count(*) FROM gone GROUP BY flow, status
    ON CONFLICT (node, flow, status) DO UPDATE SET runs = tally.runs + excluded.runs;
  END IF;

  SELECT array_agg(number) INTO v_events FROM (SELECT number FROM event WHERE expires <= p_now ORDER BY expires LIMIT p_limit FOR UPDATE SKIP LOCKED) late;
  v_more := v_more OR cardinality(v_events) = p_limit;
  IF v_events IS NOT NULL THEN
    -- Its last run takes it along.
    UPDATE event SET expires = NULL WHERE number = ANY (v_events) AND has_runs_${format}(event);
    v_events := ARRAY(SELECT number FROM event WHERE number = ANY (v_events) AND expires IS NOT NULL);
    SELECT v_hashes || array_agg(DISTINCT hash) INTO v_hashes FROM value_use WHERE owner = ANY (v_events);
    DELETE FROM value_use WHERE owner = ANY (v_events);
    DELETE FROM reach WHERE event = ANY (v_events);
    DELETE FROM field USING event, jsonb_each_text(event.fields::jsonb) AS one
    WHERE event.number = ANY (v_events) AND event.fields IS NOT NULL AND field.event = event.number AND field.hash = field_hash_${format}(event.tenant, event.type, one.key, one.value);
    PERFORM forget_event_${format}(n.number) FROM unnest(v_events) AS n (number) WHERE EXISTS (SELECT 1 FROM event later WHERE later.previous = n.number)
      OR EXISTS (SELECT 1 FROM event WHERE event.number = n.number AND event.previous IS NOT NULL);
    DELETE FROM event WHERE number = ANY (v_events);
  END IF;

  IF v_hashes IS NOT NULL THEN
    PERFORM 1 FROM value WHERE hash = ANY (v_hashes) ORDER BY hash FOR UPDATE;
    DELETE FROM value WHERE hash = ANY (v_hashes) AND NOT EXISTS (SELECT 1 FROM value_use WHERE value_use.hash = value.hash);
  END IF;
  RETURN jsonb_build_object('more', coalesce(v_more, false), 'last', CASE WHEN v_seen = p_limit THEN v_last ELSE 0 END);
END $fn$;

CREATE OR REPLACE FUNCTION has_runs_${format}(e event) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM run WHERE run.tenant = e.tenant AND run.id = ANY (string_to_array(e.starts, ' ')) AND run.event = e.number)
    OR EXISTS (SELECT 1 FROM reach JOIN run ON run.number = reach.run WHERE reach.event = e.number)
$$;

-- An earlier event under the same key, kept for its runs, is the latest again.
CREATE OR REPLACE FUNCTION forget_event_${format}(p_number bigint) RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE
  v_event event;
BEGIN
  SELECT * INTO v_event FROM event WHERE number = p_number;
  UPDATE event SET hash = NULL WHERE number = p_number;
  UPDATE event SET previous = v_event.previous WHERE previous = p_number;
  UPDATE event SET hash = v_event.hash WHERE number = v_event.previous AND v_event.hash IS NOT NULL;
END $fn$;
`
