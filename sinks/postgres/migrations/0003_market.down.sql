-- Quotes, feeds' states, instruments and arbitrage go.
DROP INDEX feed_event_by_time;
DROP INDEX gap_by_time;
DROP FUNCTION leg_names(json, text);
DROP TABLE watching;
DROP TABLE opportunity;
DROP TABLE opportunity_event;
DROP VIEW known_symbol;
DROP TABLE instrument;
DROP TABLE exchange_state;
DROP TABLE quote;
DROP TABLE latest_quote;
