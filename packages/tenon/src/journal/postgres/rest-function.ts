import { format } from './format.ts'

/** What only some batches have: waits, messages, lines that are left, children that end, values. Everything here costs those runs only that use it. */
export const restFunction: string = `
CREATE OR REPLACE FUNCTION field_hash_${format}(tenant int, type text, name text, value text) RETURNS uuid LANGUAGE sql IMMUTABLE AS
  $$ SELECT md5(tenant || E'\\n' || type || E'\\n' || name || E'\\n' || value)::uuid $$;
-- Of all fields that a wait matches on; jsonb has one way to write them.
CREATE OR REPLACE FUNCTION match_hash_${format}(tenant int, type text, match jsonb) RETURNS uuid LANGUAGE sql IMMUTABLE AS
  $$ SELECT md5(tenant || E'\\n' || type || E'\\n' || match::text)::uuid $$;

-- Waits that these events may satisfy.
CREATE OR REPLACE FUNCTION fitting_waits_${format}(p_events jsonb) RETURNS TABLE (i int, wait bigint, run bigint, step text) LANGUAGE sql STABLE AS $$
  SELECT e.i, wait.number, wait.run, wait.step
  FROM jsonb_to_recordset(p_events) AS e (i int, t int, y text, f jsonb)
  JOIN shape ON shape.tenant = e.t AND shape.type = e.y AND e.f ?& shape.names
  JOIN wait ON wait.hash = match_hash_${format}(e.t, e.y, (SELECT jsonb_object_agg(name, e.f -> name) FROM unnest(shape.names) AS name))
$$;

-- All rows of runs that the batch will change, or whose state it depends on, in one order.
CREATE OR REPLACE FUNCTION lock_runs_${format}(p jsonb, p_good boolean[]) RETURNS void LANGUAGE plpgsql AS $fn$
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
    v_runs := v_runs || ARRAY(SELECT run FROM fitting_waits_${format}(p -> 'events'));
  END IF;
  PERFORM 1 FROM run WHERE number = ANY (v_runs) ORDER BY number FOR NO KEY UPDATE;
END $fn$;

CREATE OR REPLACE FUNCTION rest_${format}(p_node int, p jsonb, p_bases bigint[], p_good boolean[], p_dups int[], p_missed int[], e_ord int[], e_at bigint[], e_keep bigint[], s_ord int[], s_lease int[])
RETURNS jsonb LANGUAGE plpgsql AS $fn$
DECLARE
  v_answer jsonb := '{}';
  v_told bigint[] := '{}';
  v_found jsonb;
  v_count int;
BEGIN
  IF p ? 'events' THEN
    v_found := reach_waits_${format}(p_node, p, p_bases, p_dups, e_ord, e_at, e_keep);
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
    PERFORM wake_${format}(p_node, array_agg(number), array_agg(at), true) FROM (
      SELECT number, max(a) AS at FROM jsonb_to_recordset(v_found) AS j (number bigint, f boolean, a bigint, outcome text) WHERE outcome = 'written' GROUP BY number
    ) woken;
    v_told := v_told || ARRAY(SELECT number FROM jsonb_to_recordset(v_found) AS j (number bigint, outcome text) WHERE outcome = 'written');
    SELECT jsonb_object_agg(o, number) INTO v_found FROM jsonb_to_recordset(v_found) AS j (o int, number bigint, outcome text) WHERE outcome = 'written';
    p := p || jsonb_build_object('messageRuns', coalesce(v_found, '{}'));
  END IF;

  IF p ? 'appends' THEN
    v_found := rest_appends_${format}(p_node, p, p_good);
    v_answer := v_answer || jsonb_build_object('a', v_found -> 'answers');
    v_told := v_told || ARRAY(SELECT value::bigint FROM jsonb_array_elements_text(v_found -> 'told'));
    p := p || jsonb_build_object('parents', v_found -> 'parents');
  END IF;

  IF p ? 'values' THEN
    PERFORM keep_values_${format}(p, p_bases, p_good, p_dups, p_missed, e_ord, s_ord, s_lease);
  END IF;
  IF p ? 'cursors' THEN
    INSERT INTO cursor SELECT t, n, v FROM jsonb_to_recordset(p -> 'cursors') AS c (t int, n text, v text) ORDER BY t, n
    ON CONFLICT (tenant, name) DO UPDATE SET value = excluded.value;
  END IF;
  RETURN v_answer || jsonb_build_object('told', to_jsonb(v_told));
END $fn$;

-- Lets runs go on that got something; a failed one only by a message that is meant for it.
CREATE OR REPLACE FUNCTION wake_${format}(p_node int, p_runs bigint[], p_ats bigint[], p_failed boolean) RETURNS void LANGUAGE sql AS $$
  SELECT set_state_${format}(p_node, array_agg(number), array_agg(0), NULL, NULL, array_agg(at)) FROM (
    SELECT run.number, w.at FROM unnest(p_runs, p_ats) AS w (run, at) JOIN run ON run.number = w.run WHERE run.status IN (2, 3) OR (p_failed AND run.status = 5)
  ) woken
$$;

-- Each wait takes one event, and one run an event once: in the order of arrival.
CREATE OR REPLACE FUNCTION reach_waits_${format}(p_node int, p jsonb, p_bases bigint[], p_dups int[], e_ord int[], e_at bigint[], e_keep bigint[]) RETURNS jsonb LANGUAGE plpgsql AS $fn$
DECLARE
  v_pair record;
  v_taken bigint[] := '{}';
  v_events int[] := '{}';
  v_runs bigint[] := '{}';
  v_steps text[] := '{}';
  v_reached jsonb;
BEGIN
  INSERT INTO field SELECT field_hash_${format}(e.t, e.y, one.key, one.value), number_${format}(p_bases, e_ord[e.i])
  FROM jsonb_to_recordset(p -> 'events') AS e (i int, t int, y text, f jsonb), jsonb_each_text(e.f) AS one
  WHERE e_keep[e.i] > e_at[e.i] AND NOT e.i = ANY (p_dups);
  FOR v_pair IN SELECT * FROM fitting_waits_${format}(p -> 'events') AS w WHERE NOT w.i = ANY (p_dups) ORDER BY w.i, w.run, w.wait LOOP
    CONTINUE WHEN v_pair.wait = ANY (v_taken)
      OR (v_events[cardinality(v_events)] = v_pair.i AND v_runs[cardinality(v_runs)] = v_pair.run);
    v_taken := v_taken || v_pair.wait;
    v_events := v_events || v_pair.i;
    v_runs := v_runs || v_pair.run;
    v_steps := v_steps || v_pair.step;
  END LOOP;
  IF cardinality(v_taken) = 0 THEN RETURN '{"told": []}'; END IF;
  DELETE FROM wait USING unnest(v_runs, v_steps) AS g (run, step) WHERE wait.run = g.run AND wait.step = g.step;
  INSERT INTO reach SELECT number_${format}(p_bases, e_ord[g.i]), run.number, run.id FROM unnest(v_events, v_runs) AS g (i, run) JOIN run ON run.number = g.run;
  INSERT INTO inbox (run, kind, name, body, at)
  SELECT run.number, 'event', g.step, event.body, event.at
  FROM unnest(v_events, v_runs, v_steps) WITH ORDINALITY AS g (i, run, step, nth) JOIN run ON run.number = g.run JOIN event ON event.number = number_${format}(p_bases, e_ord[g.i])
  WHERE run.status NOT IN (4, 6) ORDER BY g.nth;
  PERFORM wake_${format}(p_node, array_agg(run), array_agg(at), false) FROM (SELECT g.run, max(e_at[g.i]) AS at FROM unnest(v_events, v_runs) AS g (i, run) GROUP BY g.run) woken;
  SELECT jsonb_object_agg(i, ids) INTO v_reached FROM (
    SELECT g.i, jsonb_agg(jsonb_build_array(run.id, run.partition) ORDER BY run.number) AS ids FROM unnest(v_events, v_runs) AS g (i, run) JOIN run ON run.number = g.run WHERE run.status < 4 GROUP BY g.i
  ) reached;
  RETURN jsonb_build_object('reached', v_reached, 'told', to_jsonb(v_runs));
END $fn$;

-- A value that is being deleted as unused is waited for, and then kept anew.
CREATE OR REPLACE FUNCTION keep_values_${format}(p jsonb, p_bases bigint[], p_good boolean[], p_dups int[], p_missed int[], e_ord int[], s_ord int[], s_lease int[]) RETURNS void LANGUAGE plpgsql AS $fn$
DECLARE
  v_owners bigint[];
  v_hashes text[];
  v_asked int;
BEGIN
  SELECT array_agg(owner), array_agg(h) INTO v_owners, v_hashes FROM (
    SELECT DISTINCT v.h, CASE
      WHEN v.e IS NOT NULL AND NOT v.e = ANY (p_dups) THEN number_${format}(p_bases, e_ord[v.e])
      WHEN v.s IS NOT NULL AND NOT v.s = ANY (p_missed) AND (s_lease[v.s] IS NULL OR p_good[s_lease[v.s]]) THEN number_${format}(p_bases, s_ord[v.s])
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
END $fn$;
`
