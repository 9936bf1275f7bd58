--
-- PostgreSQL database dump
--


-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: tenon; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA tenon;


--
-- Name: beat_1(integer, text, text, integer, boolean, boolean, text); Type: FUNCTION; Schema: tenon; Owner: -
--

CREATE FUNCTION tenon.beat_1(p_node integer, p_name text, p_version text, p_lease_ms integer, p_joins boolean, p_leaving boolean, p_figures text) RETURNS jsonb
    LANGUAGE plpgsql
    AS $$
DECLARE
  v_until timestamptz;
  v_joined boolean := false;
  v_nodes int;
  v_staying int;
  v_partitions int;
  v_mine int;
  v_share int;
BEGIN
  IF p_joins THEN PERFORM leave_1(ARRAY[p_node], now_ms_1()); END IF;
  PERFORM drop_dead_1();
  v_until := clock_timestamp() + p_lease_ms * interval '1 millisecond';
  UPDATE node SET heartbeat = clock_timestamp(), expires = v_until, leaving = p_leaving, figures = p_figures WHERE id = p_node;
  IF NOT FOUND THEN
    INSERT INTO node (id, name, version, expires, leaving, figures) VALUES (p_node, p_name, p_version, v_until, p_leaving, p_figures);
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
  IF v_joined THEN PERFORM tell_all_1(p_node); END IF;
  RETURN jsonb_build_object('now', now_ms_1(), 'joined', v_joined, 'nodes', v_nodes, 'share', v_share,
    'mine', coalesce((SELECT jsonb_agg(jsonb_build_array(partition, epoch, orphaned_before) ORDER BY partition) FROM lease WHERE node = p_node), '[]'));
END $$;


--
-- Name: begin_waits_1(integer, jsonb); Type: FUNCTION; Schema: tenon; Owner: -
--

CREATE FUNCTION tenon.begin_waits_1(p_node integer, p_appends jsonb) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
  v_waits jsonb;
  v_pair record;
  v_last int := 0;
  v_events bigint[] := '{}';
  v_runs bigint[] := '{}';
  v_steps text[] := '{}';
  v_ns int[] := '{}';
BEGIN
  SELECT jsonb_agg(jsonb_build_object('n', n, 'run', run, 's', s, 't', t, 'y', y, 'm', m, 'since', since, 'rank', rank)) INTO v_waits FROM (
    SELECT row_number() OVER (ORDER BY a.o, w.nth) AS n, a.run, a.t, w.value ->> 's' AS s, w.value ->> 'y' AS y, w.value -> 'm' AS m, (w.value ->> 'since')::bigint AS since,
      row_number() OVER (PARTITION BY a.o ORDER BY w.nth) AS rank
    FROM jsonb_to_recordset(p_appends) AS a (o int, run bigint, t int, w jsonb), jsonb_array_elements(a.w) WITH ORDINALITY AS w (value, nth)
    WHERE a.w IS NOT NULL
  ) begun;
  DELETE FROM wait USING jsonb_to_recordset(v_waits) AS w (run bigint, s text) WHERE wait.run = w.run AND wait.step = w.s;
  INSERT INTO shape SELECT DISTINCT w.t, w.y, ARRAY(SELECT key FROM jsonb_object_keys(w.m) AS key ORDER BY key COLLATE "C") FROM jsonb_to_recordset(v_waits) AS w (t int, y text, m jsonb)
  ORDER BY 1, 2, 3 ON CONFLICT DO NOTHING;
  -- The k-th wait of a run needs at most k candidates, since those before it took one each. The rarest field gives the shortest list.
  FOR v_pair IN
    SELECT w.n, w.run, w.s, fitting.number
    FROM jsonb_to_recordset(v_waits) AS w (n int, run bigint, s text, t int, y text, m jsonb, since bigint, rank int)
    JOIN run ON run.number = w.run,
    LATERAL (
      SELECT one.hash FROM (SELECT field_hash_1(w.t, w.y, key, value) AS hash FROM jsonb_each_text(w.m)) one
      ORDER BY (SELECT count(*) FROM (SELECT 1 FROM field WHERE field.hash = one.hash LIMIT 1000) counted) LIMIT 1
    ) rarest,
    LATERAL (
      SELECT event.number FROM field JOIN event ON event.number = field.event
      WHERE field.hash = rarest.hash AND CASE WHEN w.since IS NULL THEN event.number > w.run ELSE event.at >= w.since END AND event.fields::jsonb @> w.m AND event.number IS DISTINCT FROM run.event
        AND NOT EXISTS (SELECT 1 FROM reach WHERE reach.event = event.number AND reach.run = w.run)
      ORDER BY field.event LIMIT w.rank
    ) fitting
    ORDER BY w.n, fitting.number
  LOOP
    CONTINUE WHEN v_pair.n = v_last OR EXISTS (SELECT 1 FROM unnest(v_events, v_runs) AS g (event, run) WHERE g.event = v_pair.number AND g.run = v_pair.run);
    v_last := v_pair.n;
    v_events := v_events || v_pair.number;
    v_runs := v_runs || v_pair.run;
    v_steps := v_steps || v_pair.s;
    v_ns := v_ns || v_pair.n;
  END LOOP;
  INSERT INTO wait (run, step, hash, type, match) SELECT w.run, w.s, match_hash_1(w.t, w.y, w.m), w.y, w.m::text FROM jsonb_to_recordset(v_waits) AS w (n int, run bigint, s text, t int, y text, m jsonb)
  WHERE NOT w.n = ANY (v_ns)
    AND NOT EXISTS (SELECT 1 FROM jsonb_to_recordset(v_waits) AS later (n int, run bigint, s text) WHERE later.run = w.run AND later.s = w.s AND later.n > w.n) ORDER BY w.n;
  IF cardinality(v_events) = 0 THEN RETURN; END IF;
  INSERT INTO reach SELECT g.event, run.number, run.id FROM unnest(v_events, v_runs) AS g (event, run) JOIN run ON run.number = g.run;
  INSERT INTO inbox (run, kind, name, body, at) SELECT g.run, 'event', g.step, event.body, event.at
  FROM unnest(v_events, v_runs, v_steps) WITH ORDINALITY AS g (event, run, step, nth) JOIN run ON run.number = g.run JOIN event ON event.number = g.event
  WHERE run.status NOT IN (4, 6) ORDER BY g.nth;
  PERFORM wake_1(p_node, array_agg(run), array_agg(at), false) FROM (
    SELECT g.run, max(event.at) AS at FROM unnest(v_events, v_runs) AS g (event, run) JOIN event ON event.number = g.event GROUP BY g.run
  ) woken;
END $$;


--
-- Name: commit_1(integer, integer, bigint, bigint[], integer, integer[], integer[], bigint[], bigint[], integer[], integer[], integer[], bigint[], integer[], bigint[], bigint[], bigint[], integer[], uuid[], text[], text[], text[], text[], text[], integer[], integer[], integer[], integer[], integer[], integer[], integer[], bigint[], text[], text[], uuid[], text[], text[], text[], text[], bigint[], integer[], integer[], integer[], bigint[], text[], jsonb, text); Type: FUNCTION; Schema: tenon; Owner: -
--

CREATE FUNCTION tenon.commit_1(p_node integer, p_session integer, p_batch bigint, p_bases bigint[], p_blocks integer, p_locks integer[], l_partition integer[], l_epoch bigint[], c_run bigint[], c_lease integer[], c_partition integer[], c_flow integer[], c_at bigint[], e_ord integer[], e_at bigint[], e_until bigint[], e_keep bigint[], e_tenant integer[], e_hash uuid[], e_key text[], e_type text[], e_starts text[], e_fields text[], e_body text[], s_ord integer[], s_event integer[], s_lease integer[], s_tenant integer[], s_flow integer[], s_partition integer[], s_version integer[], s_at bigint[], s_id text[], s_input text[], s_line uuid[], s_key text[], s_parent text[], s_step text[], s_linked text[], a_run bigint[], a_lease integer[], a_after integer[], a_seq integer[], a_at bigint[], a_packed text[], p_rest jsonb, p_tell text) RETURNS text
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET jit TO 'off'
    AS $$
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
    PERFORM lock_runs_1(p_rest, v_good);
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
      SELECT number_1(v_bases, e.ord), e.at, e.until, greatest(e.until, e.keep), e.tenant, e.hash, e.key, e.type, e.starts, e.fields, e.body, (v_found ->> e.hash::text)::bigint
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
      WHERE NOT EXISTS (SELECT 1 FROM event new WHERE new.number = number_1(v_bases, e.ord));
      v_answer := v_answer || jsonb_build_object('d', v_found);
    END IF;
  END IF;

  IF s_ord IS NOT NULL THEN
    WITH wanted AS MATERIALIZED (
      SELECT s.*, number_1(v_bases, s.ord) AS number,
        CASE WHEN s.line IS NULL THEN 0 WHEN row_number() OVER (PARTITION BY s.line ORDER BY s.nth) = 1 AND NOT EXISTS (SELECT 1 FROM line WHERE line.hash = s.line) THEN 0 ELSE 1 END AS status
      FROM unnest(s_ord, s_event, s_lease, s_tenant, s_flow, s_partition, s_version, s_at, s_id, s_input, s_line, s_key, s_parent, s_step, s_linked) WITH ORDINALITY
        AS s (ord, event, lease, tenant, flow, partition, version, at, id, input, line, key, parent, step, linked, nth)
      WHERE (s.event IS NULL OR NOT s.event = ANY (v_dups)) AND (s.lease IS NULL OR v_good[s.lease])
    ), new AS (
      INSERT INTO run (number, tenant, flow, partition, version, status, recoveries, created_at, updated_at, event, place, line, id, key, parent, parent_step, linked, input)
      SELECT number, tenant, flow, partition, version, status, 0, at, at, CASE WHEN event IS NOT NULL THEN number_1(v_bases, e_ord[event]) END,
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
      CASE WHEN p_tell IS NOT NULL THEN array_agg(number) FILTER (WHERE status = 0) ELSE '{}' END
    INTO v_asked, v_made, v_queued, v_told FROM new;
    v_told := coalesce(v_told, '{}');
    IF v_made < v_asked THEN
      SELECT array_agg(s.place::int) INTO v_missed
      FROM unnest(s_ord, s_event, s_lease) WITH ORDINALITY AS s (ord, event, lease, place)
      WHERE (s.event IS NULL OR NOT s.event = ANY (v_dups)) AND (s.lease IS NULL OR v_good[s.lease])
        AND NOT EXISTS (SELECT 1 FROM run WHERE run.number = number_1(v_bases, s.ord));
      v_answer := v_answer || jsonb_build_object('m', v_missed);
      UPDATE event SET starts = (
        SELECT coalesce(string_agg(s.id, ' ' ORDER BY s.place), '')
        FROM unnest(s_event, s_id) WITH ORDINALITY AS s (event, id, place) WHERE s.event = short.event AND NOT s.place = ANY (v_missed)
      )
      FROM (SELECT DISTINCT s_event[nth] AS event FROM unnest(v_missed) AS nth WHERE s_event[nth] IS NOT NULL) short
      WHERE event.number = number_1(v_bases, e_ord[short.event]);
      -- The first of a line that was there already makes room for the next.
      IF s_line IS NOT NULL THEN
        SELECT array_agg(head.run) INTO v_heads
        FROM (SELECT DISTINCT s_line[nth] AS line FROM unnest(v_missed) AS nth) lines, LATERAL (SELECT run FROM line WHERE hash = lines.line ORDER BY line.place LIMIT 1) head
        WHERE head.run = ANY (v_queued);
        PERFORM set_state_1(p_node, v_heads, ARRAY(SELECT 0 FROM unnest(v_heads)), NULL, NULL, ARRAY(SELECT 0::bigint FROM unnest(v_heads)));
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
    v_rest := rest_1(p_node, p_rest, v_bases, v_good, v_dups, coalesce(v_missed, '{}'), e_ord, e_at, e_keep, s_ord, s_lease);
    v_answer := v_answer || jsonb_build_object('r', v_rest - 'told');
    v_told := v_told || ARRAY(SELECT value::bigint FROM jsonb_array_elements_text(v_rest -> 'told'));
  END IF;

  IF p_tell IS NOT NULL AND cardinality(v_told) > 0 THEN
    PERFORM pg_notify(p_tell || words.node, CASE WHEN length(words.runs) < 6000 THEN words.runs ELSE 'look' END) FROM (
      SELECT lease.node, jsonb_agg(jsonb_build_array(tenant.tenant, run.id))::text AS runs
      FROM unnest(v_told) AS touched (number) JOIN run USING (number) JOIN lease ON lease.partition = run.partition JOIN tenant ON tenant.id = run.tenant
      WHERE lease.node <> p_node GROUP BY lease.node
    ) words;
  END IF;

  v_answer := v_answer || jsonb_build_object('b', v_bases);
  UPDATE batch SET batch = p_batch, answer = v_answer::text WHERE node = p_node AND session = p_session;
  IF NOT FOUND THEN RAISE EXCEPTION 'tenon: a batch of an earlier session' USING ERRCODE = 'TN001'; END IF;
  RETURN v_answer;
END $$;


--
-- Name: drop_dead_1(); Type: FUNCTION; Schema: tenon; Owner: -
--

CREATE FUNCTION tenon.drop_dead_1() RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
  v_gone int[] := ARRAY(SELECT id FROM node WHERE expires < clock_timestamp() ORDER BY id FOR UPDATE SKIP LOCKED);
BEGIN
  IF cardinality(v_gone) > 0 THEN PERFORM leave_1(v_gone, now_ms_1()); END IF;
END $$;


--
-- Name: field_hash_1(integer, text, text, text); Type: FUNCTION; Schema: tenon; Owner: -
--

CREATE FUNCTION tenon.field_hash_1(tenant integer, type text, name text, value text) RETURNS uuid
    LANGUAGE sql IMMUTABLE
    AS $$ SELECT md5(tenant || E'\n' || type || E'\n' || name || E'\n' || value)::uuid $$;


--
-- Name: fitting_waits_1(jsonb); Type: FUNCTION; Schema: tenon; Owner: -
--

CREATE FUNCTION tenon.fitting_waits_1(p_events jsonb) RETURNS TABLE(i integer, wait bigint, run bigint, step text)
    LANGUAGE sql STABLE
    AS $$
  SELECT e.i, wait.number, wait.run, wait.step
  FROM jsonb_to_recordset(p_events) AS e (i int, t int, y text, f jsonb)
  JOIN shape ON shape.tenant = e.t AND shape.type = e.y AND e.f ?& shape.names
  JOIN wait ON wait.hash = match_hash_1(e.t, e.y, (SELECT jsonb_object_agg(name, e.f -> name) FROM unnest(shape.names) AS name))
$$;


--
-- Name: forget_event_1(bigint); Type: FUNCTION; Schema: tenon; Owner: -
--

CREATE FUNCTION tenon.forget_event_1(p_number bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
  v_event event;
BEGIN
  SELECT * INTO v_event FROM event WHERE number = p_number;
  UPDATE event SET hash = NULL WHERE number = p_number;
  UPDATE event SET previous = v_event.previous WHERE previous = p_number;
  UPDATE event SET hash = v_event.hash WHERE number = v_event.previous AND v_event.hash IS NOT NULL;
END $$;


--
-- Name: free_leases_1(integer[], integer[], bigint); Type: FUNCTION; Schema: tenon; Owner: -
--

CREATE FUNCTION tenon.free_leases_1(p_partitions integer[], p_of integer[], p_orphaned bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
  PERFORM 1 FROM lease WHERE partition = ANY (p_partitions) ORDER BY partition FOR UPDATE;
  UPDATE lease SET node = NULL, epoch = (SELECT nextval('epoch_number')), orphaned_before = coalesce(p_orphaned, orphaned_before)
  WHERE partition = ANY (p_partitions) AND node = ANY (p_of);
END $$;


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: event; Type: TABLE; Schema: tenon; Owner: -
--

CREATE TABLE tenon.event (
    number bigint NOT NULL,
    at bigint NOT NULL,
    dedupe_until bigint NOT NULL,
    expires bigint,
    previous bigint,
    hash uuid,
    tenant integer NOT NULL,
    key text NOT NULL,
    type text NOT NULL,
    starts text NOT NULL,
    fields text,
    body text NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0.05', autovacuum_analyze_scale_factor='0.2');


--
-- Name: has_runs_1(tenon.event); Type: FUNCTION; Schema: tenon; Owner: -
--

CREATE FUNCTION tenon.has_runs_1(e tenon.event) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
  SELECT EXISTS (SELECT 1 FROM run WHERE run.tenant = e.tenant AND run.id = ANY (string_to_array(e.starts, ' ')) AND run.event = e.number)
    OR EXISTS (SELECT 1 FROM reach JOIN run ON run.number = reach.run WHERE reach.event = e.number)
$$;


--
-- Name: is_member_1(integer); Type: FUNCTION; Schema: tenon; Owner: -
--

CREATE FUNCTION tenon.is_member_1(p_node integer) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
BEGIN
  PERFORM drop_dead_1();
  RETURN EXISTS (SELECT 1 FROM node WHERE id = p_node);
END $$;


--
-- Name: keep_values_1(jsonb, bigint[], boolean[], integer[], integer[], integer[], integer[], integer[]); Type: FUNCTION; Schema: tenon; Owner: -
--

CREATE FUNCTION tenon.keep_values_1(p jsonb, p_bases bigint[], p_good boolean[], p_dups integer[], p_missed integer[], e_ord integer[], s_ord integer[], s_lease integer[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
  v_owners bigint[];
  v_hashes text[];
  v_asked int;
BEGIN
  SELECT array_agg(owner), array_agg(h) INTO v_owners, v_hashes FROM (
    SELECT DISTINCT v.h, CASE
      WHEN v.e IS NOT NULL AND NOT v.e = ANY (p_dups) THEN number_1(p_bases, e_ord[v.e])
      WHEN v.s IS NOT NULL AND NOT v.s = ANY (p_missed) AND (s_lease[v.s] IS NULL OR p_good[s_lease[v.s]]) THEN number_1(p_bases, s_ord[v.s])
      WHEN v.m IS NOT NULL THEN (p -> 'messageRuns' ->> v.m::text)::bigint
      WHEN v.pa IS NOT NULL THEN (p -> 'parents' ->> v.pa::text)::bigint
      WHEN v.r IS NOT NULL AND p_good[v.l] THEN v.r END AS owner
    FROM jsonb_to_recordset(p -> 'values') AS v (h text, e int, s int, m int, pa int, r bigint, l int)
  ) owned WHERE owner IS NOT NULL;
  IF v_owners IS NULL THEN RETURN; END IF;
  v_asked := (SELECT count(DISTINCT h) FROM unnest(v_hashes) AS h);
  LOOP
    INSERT INTO value SELECT DISTINCT ON (v.h) v.h, v.b FROM jsonb_to_recordset(p -> 'values') AS v (h text, b text)
    WHERE v.h = ANY (v_hashes) AND v.b IS NOT NULL ORDER BY v.h ON CONFLICT (hash) DO NOTHING;
    PERFORM 1 FROM value WHERE hash = ANY (v_hashes) ORDER BY hash FOR KEY SHARE;
    EXIT WHEN (SELECT count(*) FROM value WHERE hash = ANY (v_hashes)) = v_asked;
  END LOOP;
  INSERT INTO value_use SELECT * FROM unnest(v_owners, v_hashes) ON CONFLICT DO NOTHING;
END $$;


--
-- Name: leave_1(integer[], bigint); Type: FUNCTION; Schema: tenon; Owner: -
--

CREATE FUNCTION tenon.leave_1(p_nodes integer[], p_orphaned bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
  PERFORM free_leases_1(ARRAY(SELECT partition FROM lease WHERE node = ANY (p_nodes)), p_nodes, p_orphaned);
  DELETE FROM permit WHERE node = ANY (p_nodes);
  PERFORM merge_tallies_1(p_nodes);
  DELETE FROM node WHERE id = ANY (p_nodes);
END $$;


--
-- Name: leave_lines_1(integer, jsonb); Type: FUNCTION; Schema: tenon; Owner: -
--

CREATE FUNCTION tenon.leave_lines_1(p_node integer, p_appends jsonb) RETURNS jsonb
    LANGUAGE plpgsql
    AS $$
DECLARE
  v_next jsonb;
BEGIN
  DELETE FROM line USING jsonb_to_recordset(p_appends) AS a (run bigint, leave boolean), run
  WHERE a.leave AND run.number = a.run AND run.place IS NOT NULL AND line.hash = run.line AND line.place = run.place;
  SELECT jsonb_object_agg(a.o, jsonb_build_array(next.number, next.id, a.at)) INTO v_next
  FROM jsonb_to_recordset(p_appends) AS a (o int, run bigint, leave boolean, at bigint) JOIN run left_run ON left_run.number = a.run AND left_run.place IS NOT NULL,
    LATERAL (SELECT run FROM line WHERE line.hash = left_run.line ORDER BY line.place LIMIT 1) head JOIN run next ON next.number = head.run AND next.status = 1
  WHERE a.leave;
  UPDATE run SET place = NULL FROM jsonb_to_recordset(p_appends) AS a (run bigint, leave boolean) WHERE a.leave AND run.number = a.run AND run.place IS NOT NULL;
  IF v_next IS NULL THEN RETURN '{}'; END IF;
  PERFORM set_state_1(p_node, array_agg((value ->> 0)::bigint), array_agg(0), NULL, NULL, array_agg((value ->> 2)::bigint)) FROM jsonb_each(v_next);
  RETURN v_next;
END $$;


--
-- Name: lock_runs_1(jsonb, boolean[]); Type: FUNCTION; Schema: tenon; Owner: -
--

CREATE FUNCTION tenon.lock_runs_1(p jsonb, p_good boolean[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
  v_runs bigint[];
BEGIN
  v_runs := ARRAY(SELECT value::bigint FROM jsonb_array_elements_text(p -> 'runs'));
  IF p ? 'reached' THEN
    v_runs := v_runs || ARRAY(SELECT run.number FROM jsonb_to_recordset(p -> 'reached') AS r (t int, r text) JOIN run ON run.tenant = r.t AND run.id = r.r);
  END IF;
  IF p ? 'leaves' THEN
    v_runs := v_runs || ARRAY(
      SELECT head.run FROM jsonb_array_elements_text(p -> 'leaves') AS hash, LATERAL (SELECT run FROM line WHERE line.hash = hash.value::uuid ORDER BY place LIMIT 2) head
    );
  END IF;
  IF p ? 'events' THEN
    v_runs := v_runs || ARRAY(SELECT run FROM fitting_waits_1(p -> 'events'));
  END IF;
  PERFORM 1 FROM run WHERE number = ANY (v_runs) ORDER BY number FOR NO KEY UPDATE;
END $$;


--
-- Name: match_hash_1(integer, text, jsonb); Type: FUNCTION; Schema: tenon; Owner: -
--

CREATE FUNCTION tenon.match_hash_1(tenant integer, type text, match jsonb) RETURNS uuid
    LANGUAGE sql IMMUTABLE
    AS $$ SELECT md5(tenant || E'\n' || type || E'\n' || match::text)::uuid $$;


--
-- Name: merge_tallies_1(integer[]); Type: FUNCTION; Schema: tenon; Owner: -
--

CREATE FUNCTION tenon.merge_tallies_1(p_nodes integer[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(1952804464, 0);
  WITH old AS (DELETE FROM tally WHERE abs(node) = ANY (p_nodes) RETURNING flow, status, runs)
  INSERT INTO tally SELECT 0, flow, status, sum(runs) FROM old GROUP BY flow, status HAVING sum(runs) <> 0
  ON CONFLICT (node, flow, status) DO UPDATE SET runs = tally.runs + excluded.runs;
END $$;


--
-- Name: ms_1(timestamp with time zone); Type: FUNCTION; Schema: tenon; Owner: -
--

CREATE FUNCTION tenon.ms_1(at timestamp with time zone) RETURNS bigint
    LANGUAGE sql IMMUTABLE
    AS $$ SELECT floor(extract(epoch FROM at) * 1000)::bigint $$;


--
-- Name: now_ms_1(); Type: FUNCTION; Schema: tenon; Owner: -
--

CREATE FUNCTION tenon.now_ms_1() RETURNS bigint
    LANGUAGE sql
    AS $$ SELECT ms_1(clock_timestamp()) $$;


--
-- Name: number_1(bigint[], integer); Type: FUNCTION; Schema: tenon; Owner: -
--

CREATE FUNCTION tenon.number_1(bases bigint[], ordinal integer) RETURNS bigint
    LANGUAGE sql IMMUTABLE
    AS $$ SELECT bases[1 + ordinal / 4096] + ordinal % 4096 $$;


--
-- Name: prune_1(integer, bigint, bigint, bigint, integer); Type: FUNCTION; Schema: tenon; Owner: -
--

CREATE FUNCTION tenon.prune_1(p_node integer, p_after bigint, p_now bigint, p_ended_before bigint, p_limit integer) RETURNS jsonb
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET enable_hashjoin TO 'off'
    SET enable_mergejoin TO 'off'
    SET jit TO 'off'
    AS $$
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
    UPDATE event SET expires = NULL WHERE number = ANY (v_events) AND has_runs_1(event);
    v_events := ARRAY(SELECT number FROM event WHERE number = ANY (v_events) AND expires IS NOT NULL);
    SELECT v_hashes || array_agg(DISTINCT hash) INTO v_hashes FROM value_use WHERE owner = ANY (v_events);
    DELETE FROM value_use WHERE owner = ANY (v_events);
    DELETE FROM reach WHERE event = ANY (v_events);
    DELETE FROM field USING event, jsonb_each_text(event.fields::jsonb) AS one
    WHERE event.number = ANY (v_events) AND event.fields IS NOT NULL AND field.event = event.number AND field.hash = field_hash_1(event.tenant, event.type, one.key, one.value);
    PERFORM forget_event_1(n.number) FROM unnest(v_events) AS n (number) WHERE EXISTS (SELECT 1 FROM event later WHERE later.previous = n.number)
      OR EXISTS (SELECT 1 FROM event WHERE event.number = n.number AND event.previous IS NOT NULL);
    DELETE FROM event WHERE number = ANY (v_events);
  END IF;

  IF v_hashes IS NOT NULL THEN
    PERFORM 1 FROM value WHERE hash = ANY (v_hashes) ORDER BY hash FOR UPDATE;
    DELETE FROM value WHERE hash = ANY (v_hashes) AND NOT EXISTS (SELECT 1 FROM value_use WHERE value_use.hash = value.hash);
  END IF;
  RETURN jsonb_build_object('more', coalesce(v_more, false), 'last', CASE WHEN v_seen = p_limit THEN v_last ELSE 0 END);
END $$;


--
-- Name: reach_waits_1(integer, jsonb, bigint[], integer[], integer[], bigint[], bigint[]); Type: FUNCTION; Schema: tenon; Owner: -
--

CREATE FUNCTION tenon.reach_waits_1(p_node integer, p jsonb, p_bases bigint[], p_dups integer[], e_ord integer[], e_at bigint[], e_keep bigint[]) RETURNS jsonb
    LANGUAGE plpgsql
    AS $$
DECLARE
  v_pair record;
  v_taken bigint[] := '{}';
  v_events int[] := '{}';
  v_runs bigint[] := '{}';
  v_steps text[] := '{}';
  v_reached jsonb;
BEGIN
  INSERT INTO field SELECT field_hash_1(e.t, e.y, one.key, one.value), number_1(p_bases, e_ord[e.i])
  FROM jsonb_to_recordset(p -> 'events') AS e (i int, t int, y text, f jsonb), jsonb_each_text(e.f) AS one
  WHERE e_keep[e.i] > e_at[e.i] AND NOT e.i = ANY (p_dups);
  FOR v_pair IN SELECT * FROM fitting_waits_1(p -> 'events') AS w WHERE NOT w.i = ANY (p_dups) ORDER BY w.i, w.run, w.wait LOOP
    CONTINUE WHEN v_pair.wait = ANY (v_taken)
      OR (v_events[cardinality(v_events)] = v_pair.i AND v_runs[cardinality(v_runs)] = v_pair.run);
    v_taken := v_taken || v_pair.wait;
    v_events := v_events || v_pair.i;
    v_runs := v_runs || v_pair.run;
    v_steps := v_steps || v_pair.step;
  END LOOP;
  IF cardinality(v_taken) = 0 THEN RETURN '{"told": []}'; END IF;
  DELETE FROM wait USING unnest(v_runs, v_steps) AS g (run, step) WHERE wait.run = g.run AND wait.step = g.step;
  INSERT INTO reach SELECT number_1(p_bases, e_ord[g.i]), run.number, run.id FROM unnest(v_events, v_runs) AS g (i, run) JOIN run ON run.number = g.run;
  INSERT INTO inbox (run, kind, name, body, at)
  SELECT run.number, 'event', g.step, event.body, event.at
  FROM unnest(v_events, v_runs, v_steps) WITH ORDINALITY AS g (i, run, step, nth) JOIN run ON run.number = g.run JOIN event ON event.number = number_1(p_bases, e_ord[g.i])
  WHERE run.status NOT IN (4, 6) ORDER BY g.nth;
  PERFORM wake_1(p_node, array_agg(run), array_agg(at), false) FROM (SELECT g.run, max(e_at[g.i]) AS at FROM unnest(v_events, v_runs) AS g (i, run) GROUP BY g.run) woken;
  SELECT jsonb_object_agg(i, ids) INTO v_reached FROM (
    SELECT g.i, jsonb_agg(jsonb_build_array(run.id, run.partition) ORDER BY run.number) AS ids FROM unnest(v_events, v_runs) AS g (i, run) JOIN run ON run.number = g.run WHERE run.status < 4 GROUP BY g.i
  ) reached;
  RETURN jsonb_build_object('reached', v_reached, 'told', to_jsonb(v_runs));
END $$;


--
-- Name: release_1(integer, integer[]); Type: FUNCTION; Schema: tenon; Owner: -
--

CREATE FUNCTION tenon.release_1(p_node integer, p_partitions integer[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
  IF p_partitions IS NULL THEN
    PERFORM leave_1(ARRAY[p_node], NULL);
    DELETE FROM batch WHERE node = p_node;
  ELSE
    PERFORM free_leases_1(p_partitions, ARRAY[p_node], NULL);
  END IF;
  PERFORM tell_all_1(p_node);
END $$;


--
-- Name: rest_1(integer, jsonb, bigint[], boolean[], integer[], integer[], integer[], bigint[], bigint[], integer[], integer[]); Type: FUNCTION; Schema: tenon; Owner: -
--

CREATE FUNCTION tenon.rest_1(p_node integer, p jsonb, p_bases bigint[], p_good boolean[], p_dups integer[], p_missed integer[], e_ord integer[], e_at bigint[], e_keep bigint[], s_ord integer[], s_lease integer[]) RETURNS jsonb
    LANGUAGE plpgsql
    AS $$
DECLARE
  v_answer jsonb := '{}';
  v_told bigint[] := '{}';
  v_found jsonb;
  v_count int;
BEGIN
  IF p ? 'events' THEN
    v_found := reach_waits_1(p_node, p, p_bases, p_dups, e_ord, e_at, e_keep);
    v_answer := v_answer || jsonb_build_object('w', v_found -> 'reached');
    v_told := v_told || ARRAY(SELECT value::bigint FROM jsonb_array_elements_text(v_found -> 'told'));
  END IF;

  IF p ? 'messages' THEN
    SELECT jsonb_agg(to_jsonb(judged)) INTO v_found FROM (
      SELECT m.o, run.number, run.status, run.partition, m.i, m.f, m.a, CASE
        WHEN run.number IS NULL THEN 'refused'
        WHEN EXISTS (SELECT 1 FROM message WHERE message.run = run.number AND message.id = m.i) THEN 'duplicate'
        WHEN CASE WHEN m.f THEN run.status <> 5 ELSE run.status >= 4 END THEN 'refused'
        WHEN row_number() OVER (PARTITION BY m.t, m.r, m.i ORDER BY m.o) > 1 THEN 'duplicate'
        ELSE 'written' END AS outcome
      FROM jsonb_to_recordset(p -> 'messages') AS m (o int, t int, r text, i text, f boolean, a bigint) LEFT JOIN run ON run.tenant = m.t AND run.id = m.r
    ) judged;
    SELECT v_answer || jsonb_build_object('g', jsonb_object_agg(o, jsonb_build_array(outcome, status, partition))) INTO v_answer
    FROM jsonb_to_recordset(v_found) AS j (o int, outcome text, status int, partition int);
    INSERT INTO message SELECT number, i FROM jsonb_to_recordset(v_found) AS j (number bigint, i text, outcome text) WHERE outcome = 'written';
    INSERT INTO inbox (run, kind, name, body, at)
    SELECT j.number, m.k, m.n, m.b, m.a
    FROM jsonb_to_recordset(v_found) AS j (o int, number bigint, outcome text) JOIN jsonb_to_recordset(p -> 'messages') AS m (o int, k text, n text, b text, a bigint) ON m.o = j.o
    WHERE j.outcome = 'written' ORDER BY j.o;
    PERFORM wake_1(p_node, array_agg(number), array_agg(at), true) FROM (
      SELECT number, max(a) AS at FROM jsonb_to_recordset(v_found) AS j (number bigint, f boolean, a bigint, outcome text) WHERE outcome = 'written' GROUP BY number
    ) woken;
    v_told := v_told || ARRAY(SELECT number FROM jsonb_to_recordset(v_found) AS j (number bigint, outcome text) WHERE outcome = 'written');
    SELECT jsonb_object_agg(o, number) INTO v_found FROM jsonb_to_recordset(v_found) AS j (o int, number bigint, outcome text) WHERE outcome = 'written';
    p := p || jsonb_build_object('messageRuns', coalesce(v_found, '{}'));
  END IF;

  IF p ? 'appends' THEN
    v_found := rest_appends_1(p_node, p, p_good);
    v_answer := v_answer || jsonb_build_object('a', v_found -> 'answers');
    v_told := v_told || ARRAY(SELECT value::bigint FROM jsonb_array_elements_text(v_found -> 'told'));
    p := p || jsonb_build_object('parents', v_found -> 'parents');
  END IF;

  IF p ? 'values' THEN
    PERFORM keep_values_1(p, p_bases, p_good, p_dups, p_missed, e_ord, s_ord, s_lease);
  END IF;
  IF p ? 'cursors' THEN
    INSERT INTO cursor SELECT t, n, v FROM jsonb_to_recordset(p -> 'cursors') AS c (t int, n text, v text) ORDER BY t, n
    ON CONFLICT (tenant, name) DO UPDATE SET value = excluded.value;
  END IF;
  RETURN v_answer || jsonb_build_object('told', to_jsonb(v_told));
END $$;


--
-- Name: rest_appends_1(integer, jsonb, boolean[]); Type: FUNCTION; Schema: tenon; Owner: -
--

CREATE FUNCTION tenon.rest_appends_1(p_node integer, p jsonb, p_good boolean[]) RETURNS jsonb
    LANGUAGE plpgsql
    AS $_$
DECLARE
  v_appends jsonb;
  v_readied jsonb := '{}';
  v_parents jsonb := '{}';
  v_told bigint[] := '{}';
  v_changes jsonb;
  v_answers jsonb;
BEGIN
  SELECT jsonb_agg(a.value) INTO v_appends FROM jsonb_array_elements(p -> 'appends') AS a WHERE p_good[(a.value ->> 'l')::int];
  IF v_appends IS NULL THEN RETURN '{"answers": {}, "told": [], "parents": {}}'; END IF;
  UPDATE run SET recoveries = CASE WHEN a.rec THEN run.recoveries + 1 ELSE 0 END
  FROM jsonb_to_recordset(v_appends) AS a (run bigint, n int, rec boolean)
  WHERE run.number = a.run AND (a.rec OR (a.n > 0 AND run.recoveries > 0));
  DELETE FROM inbox USING jsonb_to_recordset(v_appends) AS a (run bigint, c bigint[])
  WHERE a.c IS NOT NULL AND inbox.run = a.run AND inbox.position = ANY (a.c);
  DELETE FROM wait USING jsonb_to_recordset(v_appends) AS a (run bigint, x text[])
  WHERE a.x IS NOT NULL AND wait.run = a.run AND wait.step = ANY (a.x);
  IF jsonb_path_exists(v_appends, '$[*].w') THEN PERFORM begin_waits_1(p_node, v_appends); END IF;

  -- A run with a message in its inbox neither waits nor parks.
  SELECT jsonb_agg(jsonb_build_object('o', a.o, 'run', a.run, 'at', a.at, 'to', CASE WHEN is_back THEN 0 ELSE a.st_s END,
    'wake', CASE WHEN a.st_s = 2 AND NOT is_back THEN a.st_w END, 'code', CASE WHEN NOT is_back THEN a.st_c END)) INTO v_changes
  FROM (
    SELECT *, st_s IN (2, 3) AND EXISTS (SELECT 1 FROM inbox WHERE inbox.run = x.run) AS is_back
    FROM jsonb_to_recordset(v_appends) AS x (o int, run bigint, at bigint, st_s int, st_w bigint, st_c text) WHERE st_s IS NOT NULL
  ) a;
  IF v_changes IS NOT NULL THEN
    PERFORM set_state_1(p_node, array_agg(run), array_agg("to"), array_agg(wake), array_agg(code), array_agg(at))
    FROM jsonb_to_recordset(v_changes) AS c (run bigint, "to" int, wake bigint, code text, at bigint);
    DELETE FROM wait USING jsonb_to_recordset(v_changes) AS c (run bigint, "to" int) WHERE c."to" IN (4, 6) AND wait.run = c.run;
    IF p ? 'leaves' THEN v_readied := leave_lines_1(p_node, v_appends); END IF;
    IF p ? 'told' THEN v_parents := tell_parents_1(p_node, v_appends, v_changes); END IF;
  END IF;

  SELECT jsonb_object_agg(a.o, jsonb_build_object('self', run.status < 4 AND EXISTS (SELECT 1 FROM inbox WHERE inbox.run = a.run), 'st', run.status,
    'next', v_readied -> a.o::text -> 1, 'parent', (SELECT jsonb_build_array(status, partition) FROM run parent WHERE parent.number = (v_parents ->> a.o::text)::bigint))) INTO v_answers
  FROM jsonb_to_recordset(v_appends) AS a (o int, run bigint) JOIN run ON run.number = a.run;
  v_told := ARRAY(SELECT (value ->> 0)::bigint FROM jsonb_each(v_readied)) || ARRAY(SELECT value::bigint FROM jsonb_each_text(v_parents));
  RETURN jsonb_build_object('answers', v_answers, 'told', to_jsonb(v_told), 'parents', v_parents);
END $_$;


--
-- Name: set_state_1(integer, bigint[], integer[], bigint[], text[], bigint[]); Type: FUNCTION; Schema: tenon; Owner: -
--

CREATE FUNCTION tenon.set_state_1(p_node integer, p_runs bigint[], p_statuses integer[], p_wakes bigint[], p_codes text[], p_ats bigint[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
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
END $$;


--
-- Name: tell_all_1(integer); Type: FUNCTION; Schema: tenon; Owner: -
--

CREATE FUNCTION tenon.tell_all_1(p_node integer) RETURNS void
    LANGUAGE sql
    AS $$
  SELECT pg_notify('tenon_' || id, 'beat') FROM node WHERE id <> p_node
$$;


--
-- Name: tell_parents_1(integer, jsonb, jsonb); Type: FUNCTION; Schema: tenon; Owner: -
--

CREATE FUNCTION tenon.tell_parents_1(p_node integer, p_appends jsonb, p_changes jsonb) RETURNS jsonb
    LANGUAGE plpgsql
    AS $$
DECLARE
  v_told jsonb;
BEGIN
  WITH told AS MATERIALIZED (
    SELECT a.o, parent.number AS parent, 'child/' || run.id || '/' || a.seq AS id
    FROM jsonb_to_recordset(p_appends) AS a (o int, run bigint, seq int, p text) JOIN run ON run.number = a.run JOIN run parent ON parent.tenant = run.tenant AND parent.id = run.parent
    JOIN jsonb_to_recordset(p_changes) AS c (o int, "to" int) ON c.o = a.o AND c."to" >= 4
    WHERE a.p IS NOT NULL
  ), new AS (INSERT INTO message SELECT parent, id FROM told ON CONFLICT DO NOTHING RETURNING run, id)
  SELECT jsonb_object_agg(told.o, told.parent) INTO v_told FROM told JOIN new ON new.run = told.parent AND new.id = told.id;
  IF v_told IS NULL THEN RETURN '{}'; END IF;
  INSERT INTO inbox (run, kind, name, body, at) SELECT parent.number, 'child', run.parent_step, a.p, a.at
  FROM jsonb_each_text(v_told) AS t JOIN jsonb_to_recordset(p_appends) AS a (o int, run bigint, p text, at bigint) ON a.o = t.key::int
  JOIN run ON run.number = a.run JOIN run parent ON parent.number = t.value::bigint
  WHERE parent.status NOT IN (4, 6) ORDER BY a.o;
  PERFORM wake_1(p_node, array_agg(parent), array_agg(at), false) FROM (
    SELECT t.value::bigint AS parent, max(a.at) AS at FROM jsonb_each_text(v_told) AS t JOIN jsonb_to_recordset(p_appends) AS a (o int, at bigint) ON a.o = t.key::int GROUP BY 1
  ) woken;
  RETURN v_told;
END $$;


--
-- Name: wake_1(integer, bigint[], bigint[], boolean); Type: FUNCTION; Schema: tenon; Owner: -
--

CREATE FUNCTION tenon.wake_1(p_node integer, p_runs bigint[], p_ats bigint[], p_failed boolean) RETURNS void
    LANGUAGE sql
    AS $$
  SELECT set_state_1(p_node, array_agg(number), array_agg(0), NULL, NULL, array_agg(at)) FROM (
    SELECT run.number, w.at FROM unnest(p_runs, p_ats) AS w (run, at) JOIN run ON run.number = w.run WHERE run.status IN (2, 3) OR (p_failed AND run.status = 5)
  ) woken
$$;


--
-- Name: audit; Type: TABLE; Schema: tenon; Owner: -
--

CREATE TABLE tenon.audit (
    tenant text NOT NULL COLLATE pg_catalog."C",
    number bigint NOT NULL,
    body text NOT NULL COLLATE pg_catalog."C",
    hash text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: audit_head; Type: TABLE; Schema: tenon; Owner: -
--

CREATE TABLE tenon.audit_head (
    tenant text NOT NULL COLLATE pg_catalog."C",
    number bigint NOT NULL,
    hash text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: batch; Type: TABLE; Schema: tenon; Owner: -
--

CREATE TABLE tenon.batch (
    node integer NOT NULL,
    session integer NOT NULL,
    batch bigint NOT NULL,
    answer text
)
WITH (fillfactor='10');


--
-- Name: counter; Type: TABLE; Schema: tenon; Owner: -
--

CREATE TABLE tenon.counter (
    name text NOT NULL COLLATE pg_catalog."C",
    value bigint NOT NULL
);


--
-- Name: cursor; Type: TABLE; Schema: tenon; Owner: -
--

CREATE TABLE tenon.cursor (
    tenant integer NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    value text NOT NULL
)
WITH (fillfactor='50');


--
-- Name: document; Type: TABLE; Schema: tenon; Owner: -
--

CREATE TABLE tenon.document (
    tenant text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL COLLATE pg_catalog."C",
    id text NOT NULL COLLATE pg_catalog."C",
    version bigint,
    body text NOT NULL COLLATE pg_catalog."C",
    "position" bigint NOT NULL,
    at bigint NOT NULL
);


--
-- Name: entry; Type: TABLE; Schema: tenon; Owner: -
--

CREATE TABLE tenon.entry (
    run bigint NOT NULL,
    after integer NOT NULL,
    seq integer NOT NULL,
    at bigint NOT NULL,
    packed text NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0.05', autovacuum_analyze_scale_factor='0.2');


--
-- Name: epoch_number; Type: SEQUENCE; Schema: tenon; Owner: -
--

CREATE SEQUENCE tenon.epoch_number
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: field; Type: TABLE; Schema: tenon; Owner: -
--

CREATE TABLE tenon.field (
    hash uuid NOT NULL,
    event bigint NOT NULL
);


--
-- Name: flow; Type: TABLE; Schema: tenon; Owner: -
--

CREATE TABLE tenon.flow (
    id integer NOT NULL,
    tenant integer NOT NULL,
    flow text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: flow_id_seq; Type: SEQUENCE; Schema: tenon; Owner: -
--

ALTER TABLE tenon.flow ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME tenon.flow_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: held; Type: TABLE; Schema: tenon; Owner: -
--

CREATE TABLE tenon.held (
    run bigint NOT NULL,
    partition integer NOT NULL,
    tenant integer NOT NULL,
    flow integer NOT NULL,
    status integer NOT NULL,
    code text NOT NULL COLLATE pg_catalog."C",
    wake_at bigint
)
WITH (autovacuum_vacuum_scale_factor='0.05', autovacuum_vacuum_threshold='5000', autovacuum_vacuum_cost_delay='1', autovacuum_analyze_scale_factor='0.5');


--
-- Name: inbox; Type: TABLE; Schema: tenon; Owner: -
--

CREATE TABLE tenon.inbox (
    "position" bigint NOT NULL,
    run bigint NOT NULL,
    kind text NOT NULL,
    name text,
    body text NOT NULL,
    at bigint NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0.05', autovacuum_vacuum_threshold='5000', autovacuum_vacuum_cost_delay='1', autovacuum_analyze_scale_factor='0.5');


--
-- Name: inbox_position_seq; Type: SEQUENCE; Schema: tenon; Owner: -
--

ALTER TABLE tenon.inbox ALTER COLUMN "position" ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME tenon.inbox_position_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: journal; Type: TABLE; Schema: tenon; Owner: -
--

CREATE TABLE tenon.journal (
    format integer NOT NULL,
    partitions integer NOT NULL
);


--
-- Name: lease; Type: TABLE; Schema: tenon; Owner: -
--

CREATE TABLE tenon.lease (
    partition integer NOT NULL,
    node integer,
    epoch bigint NOT NULL,
    orphaned_before bigint NOT NULL
)
WITH (fillfactor='20');


--
-- Name: line; Type: TABLE; Schema: tenon; Owner: -
--

CREATE TABLE tenon.line (
    hash uuid NOT NULL,
    place bigint NOT NULL,
    run bigint NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0.05', autovacuum_vacuum_threshold='5000', autovacuum_vacuum_cost_delay='1', autovacuum_analyze_scale_factor='0.5');


--
-- Name: message; Type: TABLE; Schema: tenon; Owner: -
--

CREATE TABLE tenon.message (
    run bigint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: migration; Type: TABLE; Schema: tenon; Owner: -
--

CREATE TABLE tenon.migration (
    part text NOT NULL,
    number integer NOT NULL,
    name text NOT NULL,
    needs integer NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: node; Type: TABLE; Schema: tenon; Owner: -
--

CREATE TABLE tenon.node (
    id integer NOT NULL,
    name text NOT NULL,
    version text NOT NULL,
    started timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    heartbeat timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    expires timestamp with time zone NOT NULL,
    leaving boolean NOT NULL,
    figures text NOT NULL
)
WITH (fillfactor='20');


--
-- Name: node_number; Type: SEQUENCE; Schema: tenon; Owner: -
--

CREATE SEQUENCE tenon.node_number
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: number_block; Type: SEQUENCE; Schema: tenon; Owner: -
--

CREATE SEQUENCE tenon.number_block
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: permit; Type: TABLE; Schema: tenon; Owner: -
--

CREATE TABLE tenon.permit (
    flow text NOT NULL COLLATE pg_catalog."C",
    node integer NOT NULL,
    held integer NOT NULL,
    wanted integer NOT NULL,
    served bigint NOT NULL
)
WITH (fillfactor='20');


--
-- Name: permit_served; Type: SEQUENCE; Schema: tenon; Owner: -
--

CREATE SEQUENCE tenon.permit_served
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: reach; Type: TABLE; Schema: tenon; Owner: -
--

CREATE TABLE tenon.reach (
    event bigint NOT NULL,
    run bigint NOT NULL,
    id text NOT NULL
);


--
-- Name: ready; Type: TABLE; Schema: tenon; Owner: -
--

CREATE TABLE tenon.ready (
    partition integer NOT NULL,
    flow integer NOT NULL,
    run bigint NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0.05', autovacuum_vacuum_threshold='5000', autovacuum_vacuum_cost_delay='1', autovacuum_analyze_scale_factor='0.5');


--
-- Name: run; Type: TABLE; Schema: tenon; Owner: -
--

CREATE TABLE tenon.run (
    number bigint NOT NULL,
    tenant integer NOT NULL,
    flow integer NOT NULL,
    partition integer NOT NULL,
    version integer NOT NULL,
    status integer NOT NULL,
    recoveries integer NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    ended_at bigint,
    wake_at bigint,
    event bigint,
    place bigint,
    line uuid,
    id text NOT NULL COLLATE pg_catalog."C",
    key text COLLATE pg_catalog."C",
    code text COLLATE pg_catalog."C",
    parent text COLLATE pg_catalog."C",
    parent_step text,
    linked text,
    input text
)
WITH (fillfactor='80', autovacuum_vacuum_scale_factor='0.05', autovacuum_analyze_scale_factor='0.2');


--
-- Name: shape; Type: TABLE; Schema: tenon; Owner: -
--

CREATE TABLE tenon.shape (
    tenant integer NOT NULL,
    type text NOT NULL COLLATE pg_catalog."C",
    names text[] NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: tally; Type: TABLE; Schema: tenon; Owner: -
--

CREATE TABLE tenon.tally (
    node integer NOT NULL,
    flow integer NOT NULL,
    status integer NOT NULL,
    runs bigint NOT NULL
)
WITH (fillfactor='20', autovacuum_vacuum_scale_factor='0.05', autovacuum_vacuum_threshold='5000', autovacuum_vacuum_cost_delay='1', autovacuum_analyze_scale_factor='0.5');


--
-- Name: tenant; Type: TABLE; Schema: tenon; Owner: -
--

CREATE TABLE tenon.tenant (
    id integer NOT NULL,
    tenant text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: tenant_id_seq; Type: SEQUENCE; Schema: tenon; Owner: -
--

ALTER TABLE tenon.tenant ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME tenon.tenant_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: value; Type: TABLE; Schema: tenon; Owner: -
--

CREATE TABLE tenon.value (
    hash text NOT NULL COLLATE pg_catalog."C",
    body text NOT NULL
);


--
-- Name: value_use; Type: TABLE; Schema: tenon; Owner: -
--

CREATE TABLE tenon.value_use (
    owner bigint NOT NULL,
    hash text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: wait; Type: TABLE; Schema: tenon; Owner: -
--

CREATE TABLE tenon.wait (
    number bigint NOT NULL,
    run bigint NOT NULL,
    step text NOT NULL COLLATE pg_catalog."C",
    hash uuid NOT NULL,
    type text NOT NULL,
    match text NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0.05', autovacuum_vacuum_threshold='5000', autovacuum_vacuum_cost_delay='1', autovacuum_analyze_scale_factor='0.5');


--
-- Name: wait_number_seq; Type: SEQUENCE; Schema: tenon; Owner: -
--

ALTER TABLE tenon.wait ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME tenon.wait_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Data for Name: audit; Type: TABLE DATA; Schema: tenon; Owner: -
--

INSERT INTO tenon.audit VALUES ('acme', 1, '{"number":1,"tenant":"acme","at":1000,"by":"mia","action":"connection.saved","subject":"shop","outcome":"done"}', 'TysecCrPIx17_Okc44cSTeeBHodsjHtB4OZxFoglOAQ');


--
-- Data for Name: audit_head; Type: TABLE DATA; Schema: tenon; Owner: -
--

INSERT INTO tenon.audit_head VALUES ('acme', 1, 'TysecCrPIx17_Okc44cSTeeBHodsjHtB4OZxFoglOAQ');


--
-- Data for Name: batch; Type: TABLE DATA; Schema: tenon; Owner: -
--



--
-- Data for Name: counter; Type: TABLE DATA; Schema: tenon; Owner: -
--

INSERT INTO tenon.counter VALUES ('position', 1);


--
-- Data for Name: cursor; Type: TABLE DATA; Schema: tenon; Owner: -
--

INSERT INTO tenon.cursor VALUES (1, 'orders', 'page-7');


--
-- Data for Name: document; Type: TABLE DATA; Schema: tenon; Owner: -
--

INSERT INTO tenon.document VALUES ('acme', 'connection', 'shop', 1, '{"name":"shop"}', 1, 1795743230680);


--
-- Data for Name: entry; Type: TABLE DATA; Schema: tenon; Owner: -
--

INSERT INTO tenon.entry VALUES (4097, 0, 2, 10, '10 1 4 6 3
stepstep-a"a"10 1 4 6 3
stepstep-b"b"');
INSERT INTO tenon.entry VALUES (4097, 2, 3, 10, '10 1 4 6 3
stepstep-c"c"');
INSERT INTO tenon.entry VALUES (16384, 0, 1, 10, '10 1 4 6 3
stepstep-a"a"');
INSERT INTO tenon.entry VALUES (20480, 0, 1, 10, '10 1 4 6 3
stepstep-a"a"');
INSERT INTO tenon.entry VALUES (24576, 0, 1, 10, '10 1 4 6 3
stepstep-a"a"');
INSERT INTO tenon.entry VALUES (28672, 0, 1, 10, '10 1 4 6 3
stepstep-a"a"');
INSERT INTO tenon.entry VALUES (36864, 0, 1, 10, '10 1 4 6 3
stepstep-a"a"');


--
-- Data for Name: event; Type: TABLE DATA; Schema: tenon; Owner: -
--

INSERT INTO tenon.event VALUES (4096, 1, 9007199254740991, 9007199254740991, NULL, '534e1e9d-ba9e-dfed-3cf2-e4359b699d60', 1, 'stripe/evt_1', 'order.paid', 'completed', NULL, '{"id":"stripe/evt_1"}');
INSERT INTO tenon.event VALUES (65536, 5, 1000, 9007199254740991, NULL, '52bc4ec3-a8a3-1cb3-7d64-0d660496e939', 1, 'shiprocket/99', 'shipment.delivered', '', '{"shipment":"99"}', '{"id":"shiprocket/99"}');


--
-- Data for Name: field; Type: TABLE DATA; Schema: tenon; Owner: -
--

INSERT INTO tenon.field VALUES ('c2f22c05-f516-32d0-2293-929dd384bc30', 65536);


--
-- Data for Name: flow; Type: TABLE DATA; Schema: tenon; Owner: -
--

INSERT INTO tenon.flow OVERRIDING SYSTEM VALUE VALUES (1, 1, 'order-paid');


--
-- Data for Name: held; Type: TABLE DATA; Schema: tenon; Owner: -
--

INSERT INTO tenon.held VALUES (32768, 0, 1, 1, 1, '', NULL);
INSERT INTO tenon.held VALUES (16384, 2, 1, 1, 2, '', 5000);
INSERT INTO tenon.held VALUES (20480, 3, 1, 1, 2, '', NULL);
INSERT INTO tenon.held VALUES (24576, 3, 1, 1, 3, 'OUTCOME_UNKNOWN', NULL);
INSERT INTO tenon.held VALUES (28672, 0, 1, 1, 5, 'STEP_FAILED', NULL);


--
-- Data for Name: inbox; Type: TABLE DATA; Schema: tenon; Owner: -
--

INSERT INTO tenon.inbox OVERRIDING SYSTEM VALUE VALUES (1, 36864, 'signal', 'go', '"now"', 5);


--
-- Data for Name: journal; Type: TABLE DATA; Schema: tenon; Owner: -
--

INSERT INTO tenon.journal VALUES (2, 8);


--
-- Data for Name: lease; Type: TABLE DATA; Schema: tenon; Owner: -
--

INSERT INTO tenon.lease VALUES (0, NULL, 10, 0);
INSERT INTO tenon.lease VALUES (1, NULL, 10, 0);
INSERT INTO tenon.lease VALUES (2, NULL, 10, 0);
INSERT INTO tenon.lease VALUES (3, NULL, 10, 0);
INSERT INTO tenon.lease VALUES (4, NULL, 10, 0);
INSERT INTO tenon.lease VALUES (5, NULL, 10, 0);
INSERT INTO tenon.lease VALUES (6, NULL, 10, 0);
INSERT INTO tenon.lease VALUES (7, NULL, 10, 0);


--
-- Data for Name: line; Type: TABLE DATA; Schema: tenon; Owner: -
--

INSERT INTO tenon.line VALUES ('2ddac3c3-666f-2e24-4649-6658ab4ed3c1', 28672, 28672);
INSERT INTO tenon.line VALUES ('2ddac3c3-666f-2e24-4649-6658ab4ed3c1', 32768, 32768);


--
-- Data for Name: message; Type: TABLE DATA; Schema: tenon; Owner: -
--

INSERT INTO tenon.message VALUES (36864, 'signal-1');


--
-- Data for Name: migration; Type: TABLE DATA; Schema: tenon; Owner: -
--

INSERT INTO tenon.migration VALUES ('store', 1, 'documents and audit', 1, '2026-11-27 01:33:50.646457+00');


--
-- Data for Name: node; Type: TABLE DATA; Schema: tenon; Owner: -
--



--
-- Data for Name: permit; Type: TABLE DATA; Schema: tenon; Owner: -
--



--
-- Data for Name: reach; Type: TABLE DATA; Schema: tenon; Owner: -
--



--
-- Data for Name: ready; Type: TABLE DATA; Schema: tenon; Owner: -
--

INSERT INTO tenon.ready VALUES (3, 1, 36864);
INSERT INTO tenon.ready VALUES (2, 1, 57344);
INSERT INTO tenon.ready VALUES (1, 1, 69632);


--
-- Data for Name: run; Type: TABLE DATA; Schema: tenon; Owner: -
--

INSERT INTO tenon.run VALUES (4097, 1, 1, 5, 1, 4, 0, 1, 10, 10, NULL, 4096, NULL, NULL, 'completed', NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO tenon.run VALUES (32768, 1, 1, 0, 2, 1, 0, 1, 1, NULL, NULL, NULL, 32768, '2ddac3c3-666f-2e24-4649-6658ab4ed3c1', 'queued', 'order-1', NULL, NULL, NULL, NULL, 'null');
INSERT INTO tenon.run VALUES (36864, 1, 1, 3, 1, 0, 0, 1, 1, NULL, NULL, NULL, NULL, NULL, 'parent', NULL, NULL, NULL, NULL, NULL, 'null');
INSERT INTO tenon.run VALUES (16384, 1, 1, 2, 1, 2, 1, 1, 10, NULL, 5000, NULL, NULL, NULL, 'timer', NULL, NULL, NULL, NULL, NULL, 'null');
INSERT INTO tenon.run VALUES (20480, 1, 1, 3, 1, 2, 0, 1, 10, NULL, NULL, NULL, NULL, NULL, 'waiting', NULL, NULL, NULL, NULL, NULL, 'null');
INSERT INTO tenon.run VALUES (24576, 1, 1, 3, 1, 3, 0, 1, 10, NULL, NULL, NULL, NULL, NULL, 'parked', NULL, 'OUTCOME_UNKNOWN', NULL, NULL, NULL, 'null');
INSERT INTO tenon.run VALUES (28672, 1, 1, 0, 1, 5, 0, 1, 10, 10, NULL, NULL, 28672, '2ddac3c3-666f-2e24-4649-6658ab4ed3c1', 'failed', 'order-1', 'STEP_FAILED', NULL, NULL, NULL, 'null');
INSERT INTO tenon.run VALUES (57344, 1, 1, 2, 1, 0, 0, 10, 10, NULL, NULL, NULL, NULL, NULL, 'child', NULL, NULL, 'parent', 'pay#1', 'completed', '{"amount":1}');
INSERT INTO tenon.run VALUES (69632, 1, 1, 1, 1, 0, 0, 1, 1, NULL, NULL, NULL, NULL, NULL, 'early', NULL, NULL, NULL, NULL, NULL, 'null');


--
-- Data for Name: shape; Type: TABLE DATA; Schema: tenon; Owner: -
--

INSERT INTO tenon.shape VALUES (1, 'shipment.delivered', '{leg,shipment}');


--
-- Data for Name: tally; Type: TABLE DATA; Schema: tenon; Owner: -
--

INSERT INTO tenon.tally VALUES (0, 1, 0, 3);
INSERT INTO tenon.tally VALUES (0, 1, 4, 1);
INSERT INTO tenon.tally VALUES (0, 1, 5, 1);
INSERT INTO tenon.tally VALUES (0, 1, 3, 1);
INSERT INTO tenon.tally VALUES (0, 1, 2, 2);
INSERT INTO tenon.tally VALUES (0, 1, 1, 1);


--
-- Data for Name: tenant; Type: TABLE DATA; Schema: tenon; Owner: -
--

INSERT INTO tenon.tenant OVERRIDING SYSTEM VALUE VALUES (1, 'acme');


--
-- Data for Name: value; Type: TABLE DATA; Schema: tenon; Owner: -
--

INSERT INTO tenon.value VALUES ('h1', 'a large value');


--
-- Data for Name: value_use; Type: TABLE DATA; Schema: tenon; Owner: -
--

INSERT INTO tenon.value_use VALUES (4097, 'h1');


--
-- Data for Name: wait; Type: TABLE DATA; Schema: tenon; Owner: -
--

INSERT INTO tenon.wait OVERRIDING SYSTEM VALUE VALUES (1, 20480, 'delivered#1', 'c9546da9-22ba-5f69-22b1-339f964003e1', 'shipment.delivered', '{"leg": "2", "shipment": "17"}');


--
-- Name: epoch_number; Type: SEQUENCE SET; Schema: tenon; Owner: -
--

SELECT pg_catalog.setval('tenon.epoch_number', 10, true);


--
-- Name: flow_id_seq; Type: SEQUENCE SET; Schema: tenon; Owner: -
--

SELECT pg_catalog.setval('tenon.flow_id_seq', 1, true);


--
-- Name: inbox_position_seq; Type: SEQUENCE SET; Schema: tenon; Owner: -
--

SELECT pg_catalog.setval('tenon.inbox_position_seq', 1, true);


--
-- Name: node_number; Type: SEQUENCE SET; Schema: tenon; Owner: -
--

SELECT pg_catalog.setval('tenon.node_number', 1, true);


--
-- Name: number_block; Type: SEQUENCE SET; Schema: tenon; Owner: -
--

SELECT pg_catalog.setval('tenon.number_block', 17, true);


--
-- Name: permit_served; Type: SEQUENCE SET; Schema: tenon; Owner: -
--

SELECT pg_catalog.setval('tenon.permit_served', 1, false);


--
-- Name: tenant_id_seq; Type: SEQUENCE SET; Schema: tenon; Owner: -
--

SELECT pg_catalog.setval('tenon.tenant_id_seq', 1, true);


--
-- Name: wait_number_seq; Type: SEQUENCE SET; Schema: tenon; Owner: -
--

SELECT pg_catalog.setval('tenon.wait_number_seq', 1, true);


--
-- Name: audit_head audit_head_pkey; Type: CONSTRAINT; Schema: tenon; Owner: -
--

ALTER TABLE ONLY tenon.audit_head
    ADD CONSTRAINT audit_head_pkey PRIMARY KEY (tenant);


--
-- Name: audit audit_pkey; Type: CONSTRAINT; Schema: tenon; Owner: -
--

ALTER TABLE ONLY tenon.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (tenant, number);


--
-- Name: batch batch_pkey; Type: CONSTRAINT; Schema: tenon; Owner: -
--

ALTER TABLE ONLY tenon.batch
    ADD CONSTRAINT batch_pkey PRIMARY KEY (node);


--
-- Name: counter counter_pkey; Type: CONSTRAINT; Schema: tenon; Owner: -
--

ALTER TABLE ONLY tenon.counter
    ADD CONSTRAINT counter_pkey PRIMARY KEY (name);


--
-- Name: cursor cursor_pkey; Type: CONSTRAINT; Schema: tenon; Owner: -
--

ALTER TABLE ONLY tenon.cursor
    ADD CONSTRAINT cursor_pkey PRIMARY KEY (tenant, name);


--
-- Name: document document_pkey; Type: CONSTRAINT; Schema: tenon; Owner: -
--

ALTER TABLE ONLY tenon.document
    ADD CONSTRAINT document_pkey PRIMARY KEY (tenant, kind, id);


--
-- Name: entry entry_pkey; Type: CONSTRAINT; Schema: tenon; Owner: -
--

ALTER TABLE ONLY tenon.entry
    ADD CONSTRAINT entry_pkey PRIMARY KEY (run, after);


--
-- Name: event event_pkey; Type: CONSTRAINT; Schema: tenon; Owner: -
--

ALTER TABLE ONLY tenon.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (number);


--
-- Name: field field_pkey; Type: CONSTRAINT; Schema: tenon; Owner: -
--

ALTER TABLE ONLY tenon.field
    ADD CONSTRAINT field_pkey PRIMARY KEY (hash, event);


--
-- Name: flow flow_pkey; Type: CONSTRAINT; Schema: tenon; Owner: -
--

ALTER TABLE ONLY tenon.flow
    ADD CONSTRAINT flow_pkey PRIMARY KEY (id);


--
-- Name: flow flow_tenant_flow_key; Type: CONSTRAINT; Schema: tenon; Owner: -
--

ALTER TABLE ONLY tenon.flow
    ADD CONSTRAINT flow_tenant_flow_key UNIQUE (tenant, flow);


--
-- Name: held held_pkey; Type: CONSTRAINT; Schema: tenon; Owner: -
--

ALTER TABLE ONLY tenon.held
    ADD CONSTRAINT held_pkey PRIMARY KEY (run);


--
-- Name: inbox inbox_pkey; Type: CONSTRAINT; Schema: tenon; Owner: -
--

ALTER TABLE ONLY tenon.inbox
    ADD CONSTRAINT inbox_pkey PRIMARY KEY (run, "position");


--
-- Name: lease lease_pkey; Type: CONSTRAINT; Schema: tenon; Owner: -
--

ALTER TABLE ONLY tenon.lease
    ADD CONSTRAINT lease_pkey PRIMARY KEY (partition);


--
-- Name: line line_pkey; Type: CONSTRAINT; Schema: tenon; Owner: -
--

ALTER TABLE ONLY tenon.line
    ADD CONSTRAINT line_pkey PRIMARY KEY (hash, place);


--
-- Name: message message_pkey; Type: CONSTRAINT; Schema: tenon; Owner: -
--

ALTER TABLE ONLY tenon.message
    ADD CONSTRAINT message_pkey PRIMARY KEY (run, id);


--
-- Name: migration migration_pkey; Type: CONSTRAINT; Schema: tenon; Owner: -
--

ALTER TABLE ONLY tenon.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (part, number);


--
-- Name: node node_pkey; Type: CONSTRAINT; Schema: tenon; Owner: -
--

ALTER TABLE ONLY tenon.node
    ADD CONSTRAINT node_pkey PRIMARY KEY (id);


--
-- Name: permit permit_pkey; Type: CONSTRAINT; Schema: tenon; Owner: -
--

ALTER TABLE ONLY tenon.permit
    ADD CONSTRAINT permit_pkey PRIMARY KEY (flow, node);


--
-- Name: reach reach_pkey; Type: CONSTRAINT; Schema: tenon; Owner: -
--

ALTER TABLE ONLY tenon.reach
    ADD CONSTRAINT reach_pkey PRIMARY KEY (event, run);


--
-- Name: ready ready_pkey; Type: CONSTRAINT; Schema: tenon; Owner: -
--

ALTER TABLE ONLY tenon.ready
    ADD CONSTRAINT ready_pkey PRIMARY KEY (partition, flow, run);


--
-- Name: run run_pkey; Type: CONSTRAINT; Schema: tenon; Owner: -
--

ALTER TABLE ONLY tenon.run
    ADD CONSTRAINT run_pkey PRIMARY KEY (number);


--
-- Name: shape shape_pkey; Type: CONSTRAINT; Schema: tenon; Owner: -
--

ALTER TABLE ONLY tenon.shape
    ADD CONSTRAINT shape_pkey PRIMARY KEY (tenant, type, names);


--
-- Name: tally tally_pkey; Type: CONSTRAINT; Schema: tenon; Owner: -
--

ALTER TABLE ONLY tenon.tally
    ADD CONSTRAINT tally_pkey PRIMARY KEY (node, flow, status);


--
-- Name: tenant tenant_pkey; Type: CONSTRAINT; Schema: tenon; Owner: -
--

ALTER TABLE ONLY tenon.tenant
    ADD CONSTRAINT tenant_pkey PRIMARY KEY (id);


--
-- Name: tenant tenant_tenant_key; Type: CONSTRAINT; Schema: tenon; Owner: -
--

ALTER TABLE ONLY tenon.tenant
    ADD CONSTRAINT tenant_tenant_key UNIQUE (tenant);


--
-- Name: value value_pkey; Type: CONSTRAINT; Schema: tenon; Owner: -
--

ALTER TABLE ONLY tenon.value
    ADD CONSTRAINT value_pkey PRIMARY KEY (hash);


--
-- Name: value_use value_use_pkey; Type: CONSTRAINT; Schema: tenon; Owner: -
--

ALTER TABLE ONLY tenon.value_use
    ADD CONSTRAINT value_use_pkey PRIMARY KEY (owner, hash);


--
-- Name: wait wait_pkey; Type: CONSTRAINT; Schema: tenon; Owner: -
--

ALTER TABLE ONLY tenon.wait
    ADD CONSTRAINT wait_pkey PRIMARY KEY (run, step);


--
-- Name: document_deleted; Type: INDEX; Schema: tenon; Owner: -
--

CREATE INDEX document_deleted ON tenon.document USING btree (at) WHERE (version IS NULL);


--
-- Name: document_kind; Type: INDEX; Schema: tenon; Owner: -
--

CREATE INDEX document_kind ON tenon.document USING btree (kind, tenant, id);


--
-- Name: document_position; Type: INDEX; Schema: tenon; Owner: -
--

CREATE UNIQUE INDEX document_position ON tenon.document USING btree ("position");


--
-- Name: event_expires; Type: INDEX; Schema: tenon; Owner: -
--

CREATE INDEX event_expires ON tenon.event USING btree (expires);


--
-- Name: event_hash; Type: INDEX; Schema: tenon; Owner: -
--

CREATE UNIQUE INDEX event_hash ON tenon.event USING btree (hash);


--
-- Name: event_previous; Type: INDEX; Schema: tenon; Owner: -
--

CREATE INDEX event_previous ON tenon.event USING btree (previous) WHERE (previous IS NOT NULL);


--
-- Name: held_status; Type: INDEX; Schema: tenon; Owner: -
--

CREATE INDEX held_status ON tenon.held USING btree (tenant, status, flow, code, run);


--
-- Name: held_wake; Type: INDEX; Schema: tenon; Owner: -
--

CREATE INDEX held_wake ON tenon.held USING btree (partition, wake_at, run) WHERE (wake_at IS NOT NULL);


--
-- Name: reach_run; Type: INDEX; Schema: tenon; Owner: -
--

CREATE INDEX reach_run ON tenon.reach USING btree (run);


--
-- Name: run_id; Type: INDEX; Schema: tenon; Owner: -
--

CREATE UNIQUE INDEX run_id ON tenon.run USING btree (tenant, id);


--
-- Name: value_use_hash; Type: INDEX; Schema: tenon; Owner: -
--

CREATE INDEX value_use_hash ON tenon.value_use USING btree (hash);


--
-- Name: wait_hash; Type: INDEX; Schema: tenon; Owner: -
--

CREATE INDEX wait_hash ON tenon.wait USING btree (hash);


--
-- PostgreSQL database dump complete
--


