import { format } from './format.ts'

/**
 * Commits one batch in one round trip. All of its statements work on sets; each sees what is committed when it begins, so what must be seen is read after its lock.
 * Locks are taken in one order by all batches of all nodes: advisory locks by number, leases by partition, runs by number, events by hash, new runs by id, values by hash, cursors by name.
 *
 * The answer names what is not as the caller expects it: fenced leases (f), events that are there already (d), runs that are (m), runs that stand behind others (q), what `rest` came to (r), and runs of other nodes that may go on (t).
 */
export const commitFunction: string = `
CREATE OR REPLACE FUNCTION number_${format}(bases bigint[], ordinal int) RETURNS bigint LANGUAGE sql IMMUTABLE AS
  $$ SELECT bases[1 + ordinal / 4096] + ordinal % 4096 $$;

CREATE OR REPLACE FUNCTION commit_${format}(
  p_node int, p_session int, p_batch bigint, p_bases bigint[], p_blocks int, p_locks int[], l_partition int[], l_epoch bigint[],
  c_run bigint[], c_lease int[], c_partition int[], c_flow int[], c_at bigint[],
  e_ord int[], e_at bigint[], e_until bigint[], e_keep bigint[], e_tenant int[], e_hash uuid[], e_key text[], e_type text[], e_starts text[], e_fields text[], e_body text[],
  s_ord int[], s_event int[], s_lease int[], s_tenant int[], s_flow int[], s_partition int[], s_version int[], s_at bigint[], s_id text[], s_input text[],
  s_line uuid[], s_key text[], s_parent text[], s_step text[], s_linked text[],
  a_run bigint[], a_lease int[], a_after int[], a_seq int[], a_at bigint[], a_packed text[],
  p_rest jsonb, p_shared boolean
) RETURNS text LANGUAGE plpgsql
-- Plans go by the indexes, however few rows there were when they were made, and are made once.
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $fn$
DECLARE
  v_bases bigint[] := p_bases;
  v_answer jsonb := '{}';
  v_good boolean[];
  v_found jsonb;
  v_dups int[] := '{}';
  v_missed int[];
  v_queued bigint[];
  v_asked int;
  v_made int;
  v_told bigint[] := '{}';
  v_heads bigint[];
  v_rest jsonb;
BEGIN
  IF p_locks IS NOT NULL THEN
    PERFORM pg_advisory_xact_lock(1952804463, bucket) FROM unnest(p_locks) AS bucket;
  END IF;
  -- After the lines are locked: by number is how runs are listed, and how they stand in their lines. A batch that goes on keeps its numbers unless others took some meanwhile.
  IF v_bases IS NULL OR (s_line IS NOT NULL AND v_bases[cardinality(v_bases)] <> (SELECT last_value FROM number_block) * 4096) THEN
    SELECT array_agg(nextval('number_block') * 4096) INTO v_bases FROM generate_series(1, p_blocks);
  END IF;
  IF l_partition IS NOT NULL THEN
    -- Materialised and ordered: the rows are locked before they are compared, and by all nodes in one order.
    WITH held AS MATERIALIZED (SELECT partition, epoch FROM lease WHERE partition = ANY (l_partition) ORDER BY partition FOR SHARE)
    SELECT array_agg(coalesce(held.epoch = asked.epoch, false) ORDER BY asked.place),
      jsonb_object_agg(asked.place, coalesce(held.epoch, 0)) FILTER (WHERE held.epoch IS DISTINCT FROM asked.epoch)
    INTO v_good, v_found
    FROM unnest(l_partition, l_epoch) WITH ORDINALITY AS asked (partition, epoch, place) LEFT JOIN held USING (partition);
    IF v_found IS NOT NULL THEN v_answer := v_answer || jsonb_build_object('f', v_found); END IF;
  END IF;
  IF p_rest IS NOT NULL THEN
    PERFORM lock_runs_${format}(p_rest, v_good);
  END IF;

  -- Runs that just complete; in the order of their numbers.
  IF c_run IS NOT NULL THEN
    WITH ended AS MATERIALIZED (
      SELECT * FROM unnest(c_run, c_lease, c_partition, c_flow, c_at) AS c (run, lease, partition, flow, at) WHERE v_good[c.lease]
    ), changed AS (
      UPDATE run SET status = 4, ended_at = ended.at, updated_at = greatest(run.updated_at, ended.at) FROM ended WHERE run.number = ended.run RETURNING run.flow
    ), gone AS (
      DELETE FROM ready USING ended WHERE ready.partition = ended.partition AND ready.flow = ended.flow AND ready.run = ended.run
    )
    INSERT INTO tally SELECT p_node, flow, status, sign * count(*) FROM changed, (VALUES (0, -1), (4, 1)) AS both_sides (status, sign) GROUP BY flow, status, sign
    ON CONFLICT (node, flow, status) DO UPDATE SET runs = tally.runs + excluded.runs;
  END IF;

  IF e_ord IS NOT NULL THEN
    -- A key whose window is over is free for the next event.
    WITH old AS MATERIALIZED (
      SELECT event.number, event.hash FROM unnest(e_hash, e_at) AS e (hash, at) JOIN event ON event.hash = e.hash AND event.dedupe_until <= e.at ORDER BY event.hash FOR UPDATE OF event
    ), freed AS (UPDATE event SET hash = NULL FROM old WHERE event.number = old.number RETURNING event.number)
    SELECT jsonb_object_agg(old.hash, old.number) INTO v_found FROM old LEFT JOIN freed USING (number);
    WITH new AS (
      INSERT INTO event (number, at, dedupe_until, expires, tenant, hash, key, type, starts, fields, body, previous)
      SELECT number_${format}(v_bases, e.ord), e.at, e.until, greatest(e.until, e.keep), e.tenant, e.hash, e.key, e.type, e.starts, e.fields, e.body, (v_found ->> e.hash::text)::bigint
      FROM unnest(e_ord, e_at, e_until, e_keep, e_tenant, e_hash, e_key, e_type, e_starts, e_fields, e_body)
        AS e (ord, at, until, keep, tenant, hash, key, type, starts, fields, body)
      ORDER BY e.hash
      ON CONFLICT (hash) DO NOTHING RETURNING 1
    )
    SELECT count(*) INTO v_made FROM new;
    IF v_made < cardinality(e_ord) THEN
      SELECT array_agg(e.place::int), jsonb_object_agg(e.place, CASE WHEN old.number IS NULL THEN NULL ELSE
        jsonb_build_object('until', old.dedupe_until, 'starts', old.starts, 'reached', (SELECT jsonb_agg(id) FROM reach WHERE reach.event = old.number)) END)
      INTO v_dups, v_found
      FROM unnest(e_ord, e_hash) WITH ORDINALITY AS e (ord, hash, place) LEFT JOIN event old ON old.hash = e.hash
      WHERE NOT EXISTS (SELECT 1 FROM event new WHERE new.number = number_${format}(v_bases, e.ord));
      v_answer := v_answer || jsonb_build_object('d', v_found);
    END IF;
  END IF;

  IF s_ord IS NOT NULL THEN
    WITH wanted AS MATERIALIZED (
      SELECT s.*, number_${format}(v_bases, s.ord) AS number,
        CASE WHEN s.line IS NULL THEN 0 WHEN row_number() OVER (PARTITION BY s.line ORDER BY s.nth) = 1 AND NOT EXISTS (SELECT 1 FROM line WHERE line.hash = s.line) THEN 0 ELSE 1 END AS status
      FROM unnest(s_ord, s_event, s_lease, s_tenant, s_flow, s_partition, s_version, s_at, s_id, s_input, s_line, s_key, s_parent, s_step, s_linked) WITH ORDINALITY
        AS s (ord, event, lease, tenant, flow, partition, version, at, id, input, line, key, parent, step, linked, nth)
      WHERE (s.event IS NULL OR NOT s.event = ANY (v_dups)) AND (s.lease IS NULL OR v_good[s.lease])
    ), new AS (
      INSERT INTO run (number, tenant, flow, partition, version, status, recoveries, created_at, updated_at, event, place, line, id, key, parent, parent_step, linked, input)
      SELECT number, tenant, flow, partition, version, status, 0, at, at, CASE WHEN event IS NOT NULL THEN number_${format}(v_bases, e_ord[event]) END,
        CASE WHEN line IS NOT NULL THEN number END, line, id, key, parent, step, linked, input
      FROM wanted ORDER BY tenant, id, nth
      ON CONFLICT (tenant, id) DO NOTHING RETURNING run.number, run.partition, run.tenant, run.flow, run.status, run.line, run.place
    ), go AS (
      INSERT INTO ready SELECT partition, flow, number FROM new WHERE status = 0
    ), behind AS (
      INSERT INTO held SELECT number, partition, tenant, flow, 1, '' FROM new WHERE status = 1
    ), lined AS (
      INSERT INTO line SELECT line, new.place, number FROM new WHERE line IS NOT NULL
    ), counted AS (
      INSERT INTO tally SELECT p_node, flow, status, count(*) FROM new GROUP BY flow, status
      ON CONFLICT (node, flow, status) DO UPDATE SET runs = tally.runs + excluded.runs
    )
    SELECT (SELECT count(*) FROM wanted), count(*), array_agg(number) FILTER (WHERE status = 1),
      CASE WHEN p_shared THEN array_agg(number) FILTER (WHERE status = 0) ELSE '{}' END
    INTO v_asked, v_made, v_queued, v_told FROM new;
    v_told := coalesce(v_told, '{}');
    IF v_made < v_asked THEN
      SELECT array_agg(s.place::int) INTO v_missed
      FROM unnest(s_ord, s_event, s_lease) WITH ORDINALITY AS s (ord, event, lease, place)
      WHERE (s.event IS NULL OR NOT s.event = ANY (v_dups)) AND (s.lease IS NULL OR v_good[s.lease])
        AND NOT EXISTS (SELECT 1 FROM run WHERE run.number = number_${format}(v_bases, s.ord));
      v_answer := v_answer || jsonb_build_object('m', v_missed);
      UPDATE event SET starts = (
        SELECT coalesce(string_agg(s.id, ' ' ORDER BY s.place), '')
        FROM unnest(s_event, s_id) WITH ORDINALITY AS s (event, id, place) WHERE s.event = short.event AND NOT s.place = ANY (v_missed)
      )
      FROM (SELECT DISTINCT s_event[nth] AS event FROM unnest(v_missed) AS nth WHERE s_event[nth] IS NOT NULL) short
      WHERE event.number = number_${format}(v_bases, e_ord[short.event]);
      -- The first of a line that was there already makes room for the next.
      IF s_line IS NOT NULL THEN
        SELECT array_agg(head.run) INTO v_heads
        FROM (SELECT DISTINCT s_line[nth] AS line FROM unnest(v_missed) AS nth) lines, LATERAL (SELECT run FROM line WHERE hash = lines.line ORDER BY line.place LIMIT 1) head
        WHERE head.run = ANY (v_queued);
        PERFORM set_state_${format}(p_node, v_heads, ARRAY(SELECT 0 FROM unnest(v_heads)), NULL, NULL, ARRAY(SELECT 0::bigint FROM unnest(v_heads)));
        v_queued := ARRAY(SELECT unnest(v_queued) EXCEPT SELECT unnest(v_heads));
        v_told := v_told || coalesce(v_heads, '{}');
      END IF;
    END IF;
    IF v_queued IS NOT NULL THEN v_answer := v_answer || jsonb_build_object('q', v_queued); END IF;
  END IF;

  IF a_run IS NOT NULL THEN
    INSERT INTO entry SELECT a.run, a.after, a.seq, a.at, a.packed FROM unnest(a_run, a_lease, a_after, a_seq, a_at, a_packed) AS a (run, lease, after, seq, at, packed) WHERE v_good[a.lease];
  END IF;

  IF p_rest IS NOT NULL THEN
    v_rest := rest_${format}(p_node, p_rest, v_bases, v_good, v_dups, coalesce(v_missed, '{}'), e_ord, e_at, e_keep, s_ord, s_lease);
    v_answer := v_answer || jsonb_build_object('r', v_rest - 'told');
    v_told := v_told || ARRAY(SELECT value::bigint FROM jsonb_array_elements_text(v_rest -> 'told'));
  END IF;

  IF p_shared AND cardinality(v_told) > 0 THEN
    SELECT jsonb_agg(DISTINCT run.number) INTO v_found FROM unnest(v_told) AS touched (number) JOIN run USING (number) JOIN lease ON lease.partition = run.partition
    WHERE lease.node <> p_node;
    IF v_found IS NOT NULL THEN v_answer := v_answer || jsonb_build_object('t', v_found); END IF;
  END IF;

  v_answer := v_answer || jsonb_build_object('b', v_bases);
  UPDATE batch SET batch = p_batch, answer = v_answer::text WHERE node = p_node AND session = p_session;
  IF NOT FOUND THEN RAISE EXCEPTION 'tenon: a batch of an earlier session' USING ERRCODE = 'TN001'; END IF;
  RETURN v_answer;
END $fn$;

-- Changes the states of runs, and where they are found. The rows are locked already.
CREATE OR REPLACE FUNCTION set_state_${format}(p_node int, p_runs bigint[], p_statuses int[], p_wakes bigint[], p_codes text[], p_ats bigint[]) RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE
  old_status int[];
BEGIN
  IF p_runs IS NULL OR cardinality(p_runs) = 0 THEN RETURN; END IF;
  SELECT array_agg(run.status ORDER BY n.nth) INTO old_status FROM unnest(p_runs) WITH ORDINALITY AS n (run, nth) JOIN run ON run.number = n.run;
  UPDATE run SET status = n.status, wake_at = n.wake, code = n.code, updated_at = greatest(run.updated_at, n.at), ended_at = CASE WHEN n.status >= 4 THEN n.at END
  FROM unnest(p_runs, p_statuses, p_wakes, p_codes, p_ats) AS n (run, status, wake, code, at) WHERE run.number = n.run;
  DELETE FROM ready USING unnest(p_runs, old_status) AS o (run, status), run
  WHERE o.status = 0 AND run.number = o.run AND ready.partition = run.partition AND ready.flow = run.flow AND ready.run = run.number;
  DELETE FROM held USING unnest(p_runs, old_status) AS o (run, status) WHERE o.status NOT IN (0, 4) AND held.run = o.run;
  INSERT INTO ready SELECT run.partition, run.flow, run.number FROM unnest(p_runs, p_statuses) AS n (run, status) JOIN run ON run.number = n.run WHERE n.status = 0;
  INSERT INTO held SELECT run.number, run.partition, run.tenant, run.flow, run.status, coalesce(run.code, ''), run.wake_at
  FROM unnest(p_runs, p_statuses) AS n (run, status) JOIN run ON run.number = n.run WHERE n.status NOT IN (0, 4);
  INSERT INTO tally SELECT p_node, flow, status, sum(by) FROM (
    SELECT run.flow, n.old AS status, -1 AS by FROM unnest(p_runs, old_status) AS n (run, old) JOIN run ON run.number = n.run
    UNION ALL SELECT run.flow, n.new, 1 FROM unnest(p_runs, p_statuses) AS n (run, new) JOIN run ON run.number = n.run
  ) changes GROUP BY flow, status HAVING sum(by) <> 0
  ON CONFLICT (node, flow, status) DO UPDATE SET runs = tally.runs + excluded.runs;
END $fn$;
`
