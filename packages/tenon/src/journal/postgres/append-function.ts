import { format } from './format.ts'

/** The appends of a batch that do more than add entries or complete. The rows of all runs that they concern are locked. */
export const appendFunction: string = `
CREATE OR REPLACE FUNCTION rest_appends_${format}(p_node int, p jsonb, p_good boolean[]) RETURNS jsonb LANGUAGE plpgsql AS $fn$
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
  IF jsonb_path_exists(v_appends, '$[*].w') THEN PERFORM begin_waits_${format}(p_node, v_appends); END IF;

  -- A run with a message in its inbox neither waits nor parks.
  SELECT jsonb_agg(jsonb_build_object('o', a.o, 'run', a.run, 'at', a.at, 'to', CASE WHEN is_back THEN 0 ELSE a.st_s END,
    'wake', CASE WHEN a.st_s = 2 AND NOT is_back THEN a.st_w END, 'code', CASE WHEN NOT is_back THEN a.st_c END)) INTO v_changes
  FROM (
    SELECT *, st_s IN (2, 3) AND EXISTS (SELECT 1 FROM inbox WHERE inbox.run = x.run) AS is_back
    FROM jsonb_to_recordset(v_appends) AS x (o int, run bigint, at bigint, st_s int, st_w bigint, st_c text) WHERE st_s IS NOT NULL
  ) a;
  IF v_changes IS NOT NULL THEN
    PERFORM set_state_${format}(p_node, array_agg(run), array_agg("to"), array_agg(wake), array_agg(code), array_agg(at))
    FROM jsonb_to_recordset(v_changes) AS c (run bigint, "to" int, wake bigint, code text, at bigint);
    DELETE FROM wait USING jsonb_to_recordset(v_changes) AS c (run bigint, "to" int) WHERE c."to" IN (4, 6) AND wait.run = c.run;
    IF p ? 'leaves' THEN v_readied := leave_lines_${format}(p_node, v_appends); END IF;
    IF p ? 'told' THEN v_parents := tell_parents_${format}(p_node, v_appends, v_changes); END IF;
  END IF;

  SELECT jsonb_object_agg(a.o, jsonb_build_object('self', run.status < 4 AND EXISTS (SELECT 1 FROM inbox WHERE inbox.run = a.run), 'st', run.status,
    'next', v_readied -> a.o::text -> 1, 'parent', (SELECT jsonb_build_array(status, partition) FROM run parent WHERE parent.number = (v_parents ->> a.o::text)::bigint))) INTO v_answers
  FROM jsonb_to_recordset(v_appends) AS a (o int, run bigint) JOIN run ON run.number = a.run;
  v_told := ARRAY(SELECT (value ->> 0)::bigint FROM jsonb_each(v_readied)) || ARRAY(SELECT value::bigint FROM jsonb_each_text(v_parents));
  RETURN jsonb_build_object('answers', v_answers, 'told', to_jsonb(v_told), 'parents', v_parents);
END $fn$;

-- Begins waits; an event that came before may satisfy one at once: the earliest that fits, and that this run has not had.
CREATE OR REPLACE FUNCTION begin_waits_${format}(p_node int, p_appends jsonb) RETURNS void LANGUAGE plpgsql AS $fn$
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
      SELECT one.hash FROM (SELECT field_hash_${format}(w.t, w.y, key, value) AS hash FROM jsonb_each_text(w.m)) one
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
  INSERT INTO wait (run, step, hash, type, match) SELECT w.run, w.s, match_hash_${format}(w.t, w.y, w.m), w.y, w.m::text FROM jsonb_to_recordset(v_waits) AS w (n int, run bigint, s text, t int, y text, m jsonb)
  WHERE NOT w.n = ANY (v_ns)
    AND NOT EXISTS (SELECT 1 FROM jsonb_to_recordset(v_waits) AS later (n int, run bigint, s text) WHERE later.run = w.run AND later.s = w.s AND later.n > w.n) ORDER BY w.n;
  IF cardinality(v_events) = 0 THEN RETURN; END IF;
  INSERT INTO reach SELECT g.event, run.number, run.id FROM unnest(v_events, v_runs) AS g (event, run) JOIN run ON run.number = g.run;
  INSERT INTO inbox (run, kind, name, body, at) SELECT g.run, 'event', g.step, event.body, event.at
  FROM unnest(v_events, v_runs, v_steps) WITH ORDINALITY AS g (event, run, step, nth) JOIN run ON run.number = g.run JOIN event ON event.number = g.event
  WHERE run.status NOT IN (4, 6) ORDER BY g.nth;
  PERFORM wake_${format}(p_node, array_agg(run), array_agg(at), false) FROM (
    SELECT g.run, max(event.at) AS at FROM unnest(v_events, v_runs) AS g (event, run) JOIN event ON event.number = g.event GROUP BY g.run
  ) woken;
END $fn$;

-- The run behind one that leaves becomes ready; by append, its number and id. The line is locked by its bucket.
CREATE OR REPLACE FUNCTION leave_lines_${format}(p_node int, p_appends jsonb) RETURNS jsonb LANGUAGE plpgsql AS $fn$
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
  PERFORM set_state_${format}(p_node, array_agg((value ->> 0)::bigint), array_agg(0), NULL, NULL, array_agg((value ->> 2)::bigint)) FROM jsonb_each(v_next);
  RETURN v_next;
END $fn$;

-- By append, the parent that got a message.
CREATE OR REPLACE FUNCTION tell_parents_${format}(p_node int, p_appends jsonb, p_changes jsonb) RETURNS jsonb LANGUAGE plpgsql AS $fn$
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
  PERFORM wake_${format}(p_node, array_agg(parent), array_agg(at), false) FROM (
    SELECT t.value::bigint AS parent, max(a.at) AS at FROM jsonb_each_text(v_told) AS t JOIN jsonb_to_recordset(p_appends) AS a (o int, at bigint) ON a.o = t.key::int GROUP BY 1
  ) woken;
  RETURN v_told;
END $fn$;
`
