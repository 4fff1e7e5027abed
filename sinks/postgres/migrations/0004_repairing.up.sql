-- A gap is `repairing` from the first record that says so until none of its ids is waited for any more.
-- As before, but for that. A hole that was given up stays so when its ids are asked for once more.
CREATE OR REPLACE FUNCTION gap_follow() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ids int8multirange := int8multirange(int8range(NEW.first_id, NEW.last_id, '[]'));
BEGIN
    IF NEW.first_id IS NULL OR NEW.last_id IS NULL THEN
        ids := NULL;
    END IF;
    IF NEW.event = 'gap' THEN
        INSERT INTO gap VALUES (NEW.exchange, NEW.symbol, NEW.first_id, NEW.last_id, NEW.from_time,
                                NEW.to_time, CASE WHEN ids IS NOT NULL THEN id_count(ids) END, 0,
                                'open', NEW.reason, NEW.receive_time, NEW.receive_time,
                                NEW.partition, NEW."offset", ids, '{}');
    ELSIF ids IS NULL THEN
        UPDATE gap SET state = NEW.event, reason = NEW.reason, update_time = NEW.receive_time
        WHERE exchange = NEW.exchange AND symbol = NEW.symbol AND state <> 'repaired'
          AND NOT (NEW.event = 'repairing' AND state = 'given_up')
          AND missing_ids IS NULL
          AND coalesce(from_time, open_time) >= coalesce(NEW.from_time, NEW.receive_time)
          AND coalesce(to_time, open_time) <= coalesce(NEW.to_time, NEW.receive_time);
    ELSE
        UPDATE gap SET
            missing = id_count(now_missing), given_up = id_count(now_given_up),
            missing_ids = now_missing, given_up_ids = now_given_up,
            state = CASE WHEN isempty(now_missing) THEN 'repaired'
                         WHEN now_given_up @> now_missing THEN 'given_up'
                         WHEN NEW.event = 'repairing' THEN 'repairing' ELSE state END,
            reason = NEW.reason, update_time = NEW.receive_time
        FROM (SELECT g.partition AS p, g."offset" AS o, m AS now_missing,
                     (g.given_up_ids + CASE NEW.event WHEN 'given_up' THEN ids ELSE '{}' END) * m
                         AS now_given_up
              FROM gap g,
                   LATERAL (SELECT g.missing_ids
                                   - CASE NEW.event WHEN 'repaired' THEN ids ELSE '{}' END) AS x (m)
              WHERE g.exchange = NEW.exchange AND g.symbol = NEW.symbol AND g.state <> 'repaired'
                AND NOT (NEW.event = 'repairing' AND g.state = 'given_up')
                AND g.missing_ids && ids) AS n
        WHERE partition = p AND "offset" = o;
    END IF;
    RETURN NULL;
END
$$;
DROP TRIGGER gap_follow ON feed_event;
CREATE TRIGGER gap_follow AFTER INSERT ON feed_event FOR EACH ROW
    WHEN (NEW.event IN ('gap', 'repairing', 'repaired', 'given_up')) EXECUTE FUNCTION gap_follow();
